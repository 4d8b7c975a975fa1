/** What only a whole run shows of HTTP: bytes and connections over all VUs and workers, and systems that fail. */

import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OURS, printed, runScript, type ScriptResult, startScript } from '../helpers/cli.ts';
import { httpServer, onEachHead, rawServer, type TestServer } from '../helpers/servers.ts';

function passes(run: ScriptResult): ScriptResult {
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).not.toMatch(OURS);
  return run;
}

/** Closes with the test. */
function open(server: Promise<TestServer>): Promise<TestServer> {
  return server.then((s) => {
    onTestFinished(() => s.close());
    return s;
  });
}

const url = (server: TestServer): string[] => ['-e', `URL=${server.url}`];

function bodyOf(req: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    req.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    req.on('end', () => resolve(body));
  });
}

describe('bytes', () => {
  test('data_sent and data_received are what passed over the sockets, over two workers', async () => {
    const server = await open(
      httpServer((req, res) => {
        void bodyOf(req).then((body) => {
          if (req.url === '/redirect') res.writeHead(302, { location: '/a' }).end('moved');
          else if (req.url === '/empty') res.writeHead(204).end();
          else if (req.url === '/chunked') {
            res.write('first');
            setTimeout(() => res.end(body), 2);
          } else res.setHeader('set-cookie', 'id=1; Path=/').end(body.repeat(3));
        });
      }),
    );
    const run = passes(
      await runScript(
        `
        import { http } from 'brunt';
        export const options = { vus: 12, iterations: 120, workers: 2 };
        export default async function () {
          const body = 'ä'.repeat(__ITER * 37 % 500);
          await http.post(__ENV.URL + '/a', body, { headers: { 'x-vu': String(__VU) } });
          await http.get(__ENV.URL + '/redirect');
          await http.batch([__ENV.URL + '/empty', __ENV.URL + '/chunked', ['POST', __ENV.URL + '/a', { form: 'yes', n: __ITER }]]);
        }
        `,
        url(server),
      ),
    );
    await server.idle();
    // A redirect is a request of its own: 2 + 3 + 1.
    expect(run.value('http_reqs', 'count')).toBe(120 * 6);
    expect(run.value('data_sent', 'count')).toBe(server.bytesRead);
    expect(run.value('data_received', 'count')).toBe(server.bytesWritten);
    expect(run.metric('http_req_failed').values).toMatchObject({ rate: 0, passes: 0 });
  });

  test('of discarded bodies are counted, too', async () => {
    const server = await open(httpServer((_, res) => void res.end('x'.repeat(100_000))));
    const run = passes(
      await runScript(
        `
        import { http, check } from 'brunt';
        export const options = { vus: 2, iterations: 10, discardResponseBodies: true };
        export default async function () {
          const res = await http.get(__ENV.URL);
          check(res, { 'no body': (r) => r.body === null, ok: (r) => r.status === 200 });
          const kept = await http.get(__ENV.URL, { responseType: 'text' });
          check(kept, { body: (r) => r.body.length === 100000 });
        }
        `,
        url(server),
      ),
    );
    await server.idle();
    expect(run.metric('checks').values).toMatchObject({ fails: 0, passes: 30 });
    expect(run.value('data_received', 'count')).toBe(server.bytesWritten);
  });
});

describe('connections', () => {
  const script = (options: string): string => `
    import { http } from 'brunt';
    export const options = { workers: 2, scenarios: { s: { executor: 'per-vu-iterations', vus: 6, iterations: 5 } }, ${options} };
    export default async function () { await http.get(__ENV.URL); await http.get(__ENV.URL); }
  `;
  const count = async (options: string): Promise<number> => {
    const server = await open(httpServer((_, res) => void res.end('ok')));
    const run = passes(await runScript(script(options), url(server)));
    expect(run.value('http_reqs', 'count')).toBe(60);
    await server.idle();
    return server.connections;
  };

  test('one per VU, kept over its iterations', async () => {
    expect(await count('')).toBe(6);
  });

  test('one per iteration with noVUConnectionReuse', async () => {
    expect(await count('noVUConnectionReuse: true')).toBe(30);
  });

  test('one per request with noConnectionReuse', async () => {
    expect(await count('noConnectionReuse: true')).toBe(60);
  });

  test('fewer than VUs where they are shared', async () => {
    const server = await open(httpServer((_, res) => void res.end('ok')));
    const run = passes(
      await runScript(
        `
        import { http, sleep } from 'brunt';
        export const options = { workers: 1, connections: 'shared', scenarios: { s: { executor: 'per-vu-iterations', vus: 10 } } };
        // One after the other, so that one connection can serve them all; a busy machine may need another.
        export default async function () { await sleep(__VU * 0.04); await http.get(__ENV.URL); await sleep(1); }
        `,
        url(server),
      ),
    );
    expect(run.value('http_reqs', 'count')).toBe(10);
    expect(server.connections).toBeLessThanOrEqual(4);
  });

  test('a keep-alive connection that the server closed is opened again, without an error', async () => {
    const sockets = new Set<unknown>();
    const raw = createServer({ keepAliveTimeout: 30 }, (req, res) => {
      sockets.add(req.socket);
      res.end('ok');
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void raw.close());
    const run = passes(
      await runScript(
        `
        import { http, sleep } from 'brunt';
        export const options = { iterations: 4 };
        export default async function () { await http.get(__ENV.URL); await sleep('1500ms'); }
        `,
        ['-e', `URL=http://127.0.0.1:${(raw.address() as AddressInfo).port}`],
      ),
    );
    expect(run.metric('http_req_failed').values).toMatchObject({ passes: 0, fails: 4 });
    expect(sockets.size).toBeGreaterThan(1);
  });
});

describe('cookies', () => {
  test('belong to a VU and an iteration', async () => {
    const seen: [string, string][] = [];
    const server = await open(
      httpServer((req, res) => {
        const vu = String(req.headers['x-vu']);
        seen.push([vu, req.headers.cookie ?? '']);
        res.setHeader('set-cookie', `vu=${vu}; Path=/`).end();
      }),
    );
    const script = (options: string): string => `
      import { http } from 'brunt';
      export const options = { workers: 2, scenarios: { s: { executor: 'per-vu-iterations', vus: 4, iterations: 3 } }, ${options} };
      export default async function () {
        const params = { headers: { 'x-vu': String(__VU) } };
        await http.get(__ENV.URL, params);
        await http.get(__ENV.URL, params);
      }
    `;
    passes(await runScript(script(''), url(server)));
    expect(seen).toHaveLength(24);
    expect(seen.filter(([, cookie]) => cookie === '')).toHaveLength(12);
    for (const [vu, cookie] of seen) expect(['', `vu=${vu}`]).toContain(cookie);

    seen.length = 0;
    passes(await runScript(script('noCookiesReset: true'), url(server)));
    expect(seen.filter(([, cookie]) => cookie === '')).toHaveLength(4);
  });
});

describe('systems that fail', () => {
  const each = (body: string, options = 'iterations: 3'): string => `
    import { http, check } from 'brunt';
    export const options = { ${options} };
    export default async function () {
      ${body}
      check(res, { 'did not throw': () => true, 'status 0': (r) => r.status === 0 });
      console.log('@' + JSON.stringify({ error: res.error, code: res.errorCode }));
    }
  `;

  /** One kind of failure: counted as failed, without a duration, grouped by its code. */
  async function failsWith(
    codes: readonly number[],
    flags: readonly string[],
    body = 'const res = await http.get(__ENV.URL + "/cart");',
  ): Promise<ScriptResult> {
    const run = passes(await runScript(each(body), flags));
    const [first] = printed<{ error: string; code: number }>(run);
    expect(first?.error).not.toBe('');
    expect(codes).toContain(first?.code);
    expect(run.metric('http_req_failed').values).toMatchObject({ rate: 1, passes: 3 });
    expect(run.value('http_reqs', 'count')).toBe(3);
    expect(run.value('http_req_duration', 'count')).toBe(0);
    expect(run.metric('checks').values.rate).toBe(1);
    const [group] = run.summary.errors;
    expect(group).toMatchObject({ count: 3, code: first?.code });
    expect(run.stdout).toMatch(new RegExp(`3× .*${first?.code}`));
    return run;
  }

  test('a connection that is refused', async () => {
    const server = await httpServer(() => undefined);
    await server.close();
    await failsWith([1212], url(server));
  });

  test('a host that does not resolve', async () => {
    await failsWith([1100, 1101], ['-e', 'URL=http://no-such-host.invalid']);
  });

  test('a reset before the response', async () => {
    const server = await open(rawServer((socket) => onEachHead(socket, () => socket.resetAndDestroy())));
    await failsWith([1220], url(server));
  });

  test('a reset in the middle of the body', async () => {
    const server = await open(
      rawServer((socket) =>
        onEachHead(socket, () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf');
          setTimeout(() => socket.resetAndDestroy(), 20);
        }),
      ),
    );
    await failsWith([1220, 1000], url(server));
  });

  test('an end in the middle of the body', async () => {
    const server = await open(
      rawServer((socket) =>
        onEachHead(socket, () => {
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf');
        }),
      ),
    );
    const run = passes(await runScript(each('const res = await http.get(__ENV.URL);'), url(server)));
    expect(run.metric('http_req_failed').values.rate).toBe(1);
  });

  test('garbage', async () => {
    const server = await open(
      rawServer((socket) => onEachHead(socket, () => void socket.end('220 smtp.example ESMTP\r\n'))),
    );
    const run = passes(await runScript(each('const res = await http.get(__ENV.URL);'), url(server)));
    expect(run.metric('http_req_failed').values.rate).toBe(1);
    expect(run.summary.errors[0]?.count).toBe(3);
  });

  test('no answer in time', async () => {
    const server = await open(httpServer(() => undefined));
    const run = await failsWith(
      [1050],
      url(server),
      'const res = await http.get(__ENV.URL + "/slow", { timeout: "150ms" });',
    );
    expect(run.summary.run.durationMs).toBeGreaterThan(440);
  });

  test('a body that is no JSON throws in json(), with the place', async () => {
    const server = await open(httpServer((_, res) => void res.end('<html>')));
    const run = await runScript(
      `import { http } from 'brunt';\nexport default async function () {\n  const res = await http.get(__ENV.URL);\n  res.json();\n}\n`,
      url(server),
    );
    expect(run.code).toBe(99);
    expect(run.output).toMatch(/JSON/);
    expect(run.output).toMatch(/script\.ts:4:\d+/);
    expect(run.output).not.toMatch(OURS);
  });

  test('throw: true', async () => {
    const server = await httpServer(() => undefined);
    await server.close();
    const run = await runScript(
      `import { http } from 'brunt';\nexport const options = { throw: true, iterations: 2 };\nexport default () => http.get(__ENV.URL);\n`,
      url(server),
    );
    expect(run.code).toBe(99);
    expect(run.value('iteration_errors', 'count')).toBe(2);
    expect(run.output).not.toMatch(OURS);
  });

  test('statuses: counted per kind, and expected ones do not fail', async () => {
    const server = await open(httpServer((req, res) => void res.writeHead(Number(req.url?.slice(1))).end()));
    const run = passes(
      await runScript(
        `
        import { http } from 'brunt';
        export const options = {
          iterations: 2,
          thresholds: { 'http_reqs{status:503}': ['count==2'], 'http_req_failed{name:missing}': ['rate==0'], http_req_failed: ['rate<0.6'] },
        };
        export default async function () {
          await http.get(__ENV.URL + '/200');
          await http.get(__ENV.URL + '/503');
          await http.get(__ENV.URL + '/404', { tags: { name: 'missing' }, expectedStatuses: http.expectedStatuses(404) });
        }
        `,
        url(server),
      ),
    );
    expect(run.metric('http_req_failed').values).toMatchObject({ passes: 2, fails: 4 });
    expect(run.summary.requests.find((r) => r.name === 'missing')).toMatchObject({ count: 2, failed: 0 });
    expect(run.summary.errors.map((e) => [e.code, e.count])).toEqual([[1503, 2]]);
  });

  test('a server that goes away and comes back during the run', async () => {
    const server = await httpServer((_, res) => void res.end('ok'));
    const { port } = server;
    const running = startScript(
      `
      import { http, sleep } from 'brunt';
      export const options = { vus: 3, duration: '4s', workers: 2 };
      let said = false;
      export default async function () {
        await http.get(__ENV.URL, { timeout: '1s' });
        if (!said) { said = true; console.log('first answer'); }
        await sleep('20ms');
      }
      `,
      url(server),
    );
    await running.seen(/first answer/);
    await new Promise((resolve) => setTimeout(resolve, 800));
    await server.close();
    await new Promise((resolve) => setTimeout(resolve, 700));
    let served = 0;
    const again = createServer((_, res) => {
      served += 1;
      res.end('ok');
    });
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => {
      again.closeAllConnections();
      again.close();
    });
    const run = passes(await running.done);
    const { passes: failed, fails: fine } = run.metric('http_req_failed').values;
    expect(failed).toBeGreaterThan(5);
    expect(fine).toBeGreaterThan(50);
    expect(served).toBeGreaterThan(30);
    expect(run.summary.errors.map((e) => e.code)).toContain(1212);
    // Only answered requests have a duration.
    expect(run.value('http_req_duration', 'count')).toBe(fine);
  });
});

test('requests of setup and teardown stay out of the metrics, and cookies of setup out of the VUs', async () => {
  const cookies: string[] = [];
  const server = await open(
    httpServer((req, res) => {
      cookies.push(`${req.url} ${req.headers.cookie ?? ''}`);
      res.setHeader('set-cookie', 'a=1').end();
    }),
  );
  const run = passes(
    await runScript(
      `
      import { http } from 'brunt';
      export const options = { iterations: 2, thresholds: { http_reqs: ['count==2'], 'http_reqs{group:::setup}': ['count==1'] } };
      export async function setup() { await http.get(__ENV.URL + '/setup'); }
      export default () => http.get(__ENV.URL + '/iteration');
      export async function teardown() { await http.get(__ENV.URL + '/teardown'); }
      `,
      url(server),
    ),
  );
  expect(cookies).toEqual(['/setup ', '/iteration ', '/iteration ', '/teardown ']);
  expect(run.value('http_reqs', 'count')).toBe(2);
  expect(run.summary.requests.map((r) => [r.name, r.count])).toEqual([
    [expect.stringContaining('/iteration'), 2],
  ]);
});

test('http.url groups requests whose addresses differ', async () => {
  const server = await open(httpServer((_, res) => void res.end()));
  const run = passes(
    await runScript(
      `
      import { http } from 'brunt';
      export const options = { iterations: 5 };
      export default () => http.get(http.url\`\${__ENV.URL}/users/\${__ITER}\`);
      `,
      url(server),
    ),
  );
  expect(run.summary.requests).toHaveLength(1);
  expect(run.summary.requests[0]?.count).toBe(5);
});
