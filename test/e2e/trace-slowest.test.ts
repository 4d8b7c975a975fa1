/** `--trace-slowest`: from requests on the wire to the terminal and the files, without their secrets. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { OURS, runScript } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

test('keeps the slowest and the first failing requests of all workers', async () => {
  let count = 0;
  const server = await httpServer((request, response) => {
    count++;
    response.setHeader('set-cookie', 'sid=cookie-of-the-server');
    if (request.url?.startsWith('/slow') === true) {
      setTimeout(() => response.end('</script><b>slow</b> token-of-the-script'), 400);
    } else if (request.url === '/bad')
      response.writeHead(500).end('{"error":"no","password":"known-to-the-server"}');
    else response.end('fine');
  });
  const run = await runScript(
    `
    import { http } from 'brunt';
    export const options = {
      thresholds: { http_req_failed: ['rate<1'] },
      scenarios: { shop: { executor: 'per-vu-iterations', vus: 4, iterations: 15 } },
    };
    export async function setup() { await http.get('${server.url}/slow-setup'); }
    export default async function () {
      const n = __ITER;
      await http.get('${server.url}/' + (__VU === 1 && n === 3 ? 'slow?api_key=key-of-the-script' : n % 5 === 4 ? 'bad' : 'ok'), {
        headers: { Authorization: 'Bearer token-of-the-script', 'X-Env': __ENV.SHOP_TOKEN },
        // The name of a request goes into the metrics as it is.
        tags: { name: 'page' },
      });
    }
    `,
    ['--trace-slowest', '3', '--workers', '2', '--save', 'r.brunt'],
    { env: { SHOP_TOKEN: 'token-of-the-environment' } },
  );
  expect(run.code).toBe(0);
  expect(run.output).not.toMatch(OURS);
  const { traces } = run.summary;
  expect(traces?.slowest).toHaveLength(3);
  expect(traces?.failed).toHaveLength(3);
  const [slowest] = traces?.slowest ?? [];
  expect(slowest).toMatchObject({
    method: 'GET',
    url: `${server.url}/slow?api_key=***`,
    status: 200,
    scenario: 'shop',
    vu: 1,
    iteration: 3,
    response: { body: { content: '</script><b>slow</b> ***' } },
  });
  expect(slowest?.timings.duration).toBeGreaterThan(390);
  const durations = traces?.slowest.map(({ timings }) => timings.duration) ?? [];
  expect(durations).toEqual(durations.toSorted((a, b) => b - a));
  expect(traces?.slowest.some(({ url }) => url.includes('setup'))).toBe(false);
  const times = traces?.failed.map(({ atMs }) => atMs) ?? [];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  for (const failed of traces?.failed ?? []) {
    expect(failed).toMatchObject({
      url: `${server.url}/bad`,
      status: 500,
      error: 'unexpected status 500 Internal Server Error',
      response: { body: { content: '{"error":"no","password":"***"}' } },
    });
  }
  expect(run.stdout).toMatch(/SLOWEST\n\s+4\d\d ms {2}GET page +200 {2}at [\d.]+ s/);
  expect(run.stdout).toContain(
    'and 3 failing requests, with headers and bodies in --report, --save and --summary-export',
  );
  const saved = gunzipSync(readFileSync(join(run.cwd, 'r.brunt'))).toString();
  expect(saved).toContain('"traces"');
  for (const text of [run.output, run.read('summary.json'), saved]) {
    expect(text).not.toMatch(/of-the-script|of-the-environment|of-the-server|known-to/);
  }
  expect(count).toBe(61);
});

test('without the flag there are none', async () => {
  const server = await httpServer((_, response) => response.end('fine'));
  const run = await runScript(
    `import { http } from 'brunt';\nexport default () => http.get('${server.url}/');\n`,
  );
  expect(run.code).toBe(0);
  expect(run.summary.traces).toBeUndefined();
  expect(run.stdout).not.toContain('SLOWEST');
});
