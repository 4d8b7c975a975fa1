import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTarget, type Target } from '../../examples/target/server.ts';

let target: Target;

beforeAll(async () => {
  target = await startTarget();
  await target.ready;
});
afterAll(() => target.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(target.url + path, init);

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  get(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Value of a series in the metrics page; undefined where it is not there. */
async function metric(series: string): Promise<number | undefined> {
  const page = await (await get('/metrics')).text();
  const line = page.split('\n').find((l) => l.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test('says what it is, that it is well, and with what', async () => {
  expect(await (await get('/')).text()).toContain('POST   /chat');
  expect(await (await get('/health')).json()).toEqual({ status: 'ok', database: 'pglite', cache: 'memory' });
});

test('chats in about 100 ms', async () => {
  const started = performance.now();
  const res = await post('/chat', { message: 'Hello there' });
  const ms = performance.now() - started;
  const answer = (await res.json()) as {
    id: number;
    reply: string;
    tokens: { prompt: number; completion: number };
  };
  expect(answer.reply).toContain('"Hello there"');
  expect(answer.tokens.prompt).toBe(3);
  expect(answer.tokens.completion).toBeGreaterThan(5);
  expect(answer).not.toHaveProperty('user');
  // 80 to 130 by design (a timer may be 1 ms early); the upper bound leaves room for a busy machine.
  expect(ms).toBeGreaterThan(78);
  expect(ms).toBeLessThan(600);
});

test('executes tools', async () => {
  const sum = await post('/tools/execute', { tool: 'sum', args: { numbers: [1, 2, 3.5] } });
  expect(await sum.json()).toEqual({ tool: 'sum', result: 6.5 });
  const echo = await post('/tools/execute', { tool: 'echo', args: { a: [1] } });
  expect(await echo.json()).toEqual({ tool: 'echo', result: { a: [1] } });
});

test('knows who logged in, by cookie and by token, until logout', async () => {
  expect((await get('/me')).status).toBe(401);
  const login = await post('/login', { user: 'ada', password: 'demo' });
  const setCookie = login.headers.get('set-cookie') ?? '';
  expect(setCookie).toMatch(/^session=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
  const cookie = setCookie.split(';')[0] as string;
  const { token } = (await login.json()) as { token: string };

  expect(await (await get('/me', { headers: { cookie: `other=1; ${cookie}` } })).json()).toEqual({
    user: 'ada',
  });
  expect(await (await get('/me', { headers: { authorization: `Bearer ${token}` } })).json()).toEqual({
    user: 'ada',
  });
  expect(await (await post('/chat', { message: 'hi' }, { cookie })).json()).toMatchObject({ user: 'ada' });

  const logout = await get('/logout', { method: 'POST', headers: { cookie } });
  expect(logout.status).toBe(204);
  expect(logout.headers.get('set-cookie')).toContain('Max-Age=0');
  expect((await get('/me', { headers: { cookie } })).status).toBe(401);
});

test('takes forms as well as JSON, and refuses a wrong password', async () => {
  expect(await (await post('/login', 'user=ada%20l&password=demo', form)).json()).toMatchObject({
    user: 'ada l',
  });
  expect((await post('/login', { user: 'ada', password: 'guess' })).status).toBe(401);
});

test('a query keeps a connection for 10 ms and says how long it waited for it', async () => {
  const started = performance.now();
  const res = await get('/db/query?id=7');
  expect(performance.now() - started).toBeGreaterThan(9);
  expect(await res.json()).toEqual({ id: 7, author: 'user8', body: 'Message 7 of the archive' });
  expect(Number(res.headers.get('x-pool-wait'))).toBeLessThan(10);
});

test('50 queries at once go through 20 connections in three rounds, and all succeed', async () => {
  const started = performance.now();
  const all = await Promise.all(Array.from({ length: 50 }, (_, n) => get(`/db/query?id=${n + 1}`)));
  const ms = performance.now() - started;
  expect(all.map((res) => res.status)).toEqual(Array.from({ length: 50 }, () => 200));
  // Some connection served three of them, 10 ms each (a timer may be 1 ms early).
  expect(ms).toBeGreaterThan(26);
  expect(ms).toBeLessThan(1000);
  expect(await metric('db_pool_in_use')).toBe(0);
});

test('who waits too long for a connection gets 503, and the pool recovers', async () => {
  const small = await startTarget({ poolSize: 2, queryMs: 100, acquireTimeoutMs: 150 });
  try {
    await small.ready;
    const query = (): Promise<Response> => fetch(`${small.url}/db/query?id=1`);
    // Two at a time, 100 ms each: rounds start at 0 and 100 ms, the third would at 200, which is past the limit.
    const all = await Promise.all(Array.from({ length: 10 }, query));
    const ok = all.filter((res) => res.status === 200).length;
    const refused = all.filter((res) => res.status === 503);
    expect(ok + refused.length).toBe(10);
    expect(ok).toBe(4);
    expect(await refused[0]?.json()).toEqual({ error: 'no database connection became free within 150 ms' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect((await query()).status).toBe(200);
    const page = await (await fetch(`${small.url}/metrics`)).text();
    expect(page).toContain('\ndb_pool_timeouts_total 6\n');
    expect(page).toContain('\ndb_pool_in_use 0\n');
  } finally {
    await small.close();
  }
});

test('the cache misses once, then hits, and can be emptied', async () => {
  const read = async (): Promise<readonly [string | null, unknown]> => {
    const res = await get('/cache/some%20key');
    return [res.headers.get('x-cache'), await res.json()];
  };
  const hitsBefore = (await metric('cache_hits_total')) ?? 0;
  const [first, value] = await read();
  expect(first).toBe('MISS');
  expect(value).toMatchObject({ key: 'some key', value: { author: expect.stringMatching(/^user\d+$/) } });
  expect(await read()).toEqual(['HIT', value]);
  expect(await metric('cache_hits_total')).toBe(hitsBefore + 1);
  expect((await get('/cache', { method: 'DELETE' })).status).toBe(204);
  expect(await read()).toEqual(['MISS', value]);
});

test('sells products', async () => {
  const products = (await (await get('/products')).json()) as { id: number; price: number }[];
  expect(products.map((p) => p.id)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(await (await get('/products/3')).json()).toEqual(products[2]);
  const res = await post('/cart', { items: [{ id: 1, quantity: 2 }, { id: 2 }] });
  expect(res.status).toBe(201);
  const price = (at: number): number => products[at]?.price ?? Number.NaN;
  expect(await res.json()).toMatchObject({
    count: 3,
    items: [
      { id: 1, quantity: 2 },
      { id: 2, quantity: 1 },
    ],
    total: Math.round(200 * price(0) + 100 * price(1)) / 100,
  });
});

test.each([
  ['POST', '/chat', 400, 'the body is empty', ''],
  ['POST', '/chat', 400, 'not JSON', '{"message":'],
  ['POST', '/chat', 400, 'must be a JSON object', '[]'],
  ['POST', '/chat', 400, 'must be a JSON object', 'null'],
  ['POST', '/chat', 400, "'message' must be a non-empty string", '{}'],
  ['POST', '/chat', 400, "'message' must be a non-empty string", '{"message":7}'],
  ['POST', '/chat', 413, 'larger than 65536 bytes', `{"message":"${'x'.repeat(70_000)}"}`],
  ['POST', '/chat', 413, 'larger than 65536 bytes', 'x'.repeat(3_000_000)],
  ['POST', '/login', 400, "'password'", '{"user":"ada"}'],
  ['POST', '/tools/execute', 400, "no tool 'constructor'", '{"tool":"constructor"}'],
  ['POST', '/tools/execute', 400, 'a list of numbers', '{"tool":"sum","args":{"numbers":["1"]}}'],
  ['POST', '/tools/execute', 400, "'args' must be an object", '{"tool":"echo","args":[]}'],
  ['POST', '/cart', 400, "'items' must be a list", '{"items":[]}'],
  ['POST', '/cart', 400, 'each item', '{"items":[1]}'],
  ['POST', '/cart', 400, 'no product 21', '{"id":21}'],
  ['POST', '/cart', 400, "'quantity' must be a whole number from 1 to 99", '{"id":1,"quantity":0}'],
  ['GET', '/products/21', 404, 'no product 21', undefined],
  ['GET', '/products/x', 400, "'id' must be a whole number", undefined],
  ['GET', '/products/99999999999', 400, "'id' must be a whole number", undefined],
  ['GET', '/db/query?id=1001', 400, 'from 1 to 1000', undefined],
  ['GET', '/db/query?id=1;drop table', 400, 'from 1 to 1000', undefined],
  ['GET', '/cache/%E0%A4%A', 400, 'percent encoding', undefined],
  ['GET', '/status/99', 400, 'from 200 to 599', undefined],
  ['GET', '/slow?ms=soon', 400, 'from 0 to 60000', undefined],
  ['GET', '/flaky?rate=2', 400, 'from 0 to 1', undefined],
  ['GET', '/bytes/-1', 400, "'n' must be", undefined],
  ['GET', '/nothing/here', 404, 'no /nothing/here', undefined],
  ['PUT', '/chat', 405, 'does not take PUT', '{}'],
])('%s %s gets %i: %s', async (method, path, status, reason, body) => {
  const res = await get(path, body === undefined ? { method } : { method, body });
  expect(res.status).toBe(status);
  expect(((await res.json()) as { error: string }).error).toContain(reason);
});

test('what is no HTTP at all gets a 400, and the next client is served', async () => {
  const { port } = new URL(target.url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('what is this\r\n\r\n'));
    let text = '';
    socket.on('data', (part) => {
      text += part.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect((await get('/health')).status).toBe(200);
});

test('goes wrong on purpose', async () => {
  const started = performance.now();
  expect(await (await get('/slow?ms=60')).json()).toEqual({ waitedMs: 60 });
  expect(performance.now() - started).toBeGreaterThan(58);

  expect((await get('/status/418')).status).toBe(418);
  expect((await get('/status/204')).status).toBe(204);
  expect(await (await get('/redirect/3')).text()).toBe('arrived\n');
  await expect(get('/reset')).rejects.toThrow();

  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => (await get('/flaky?rate=0.3')).status),
  );
  const failed = statuses.filter((status) => status === 500).length;
  // 30 +- 4.6: five deviations either way.
  expect(failed).toBeGreaterThan(7);
  expect(failed).toBeLessThan(53);

  for (const size of [0, 1, 65_536, 1_000_001]) {
    expect((await (await get(`/bytes/${size}`)).arrayBuffer()).byteLength).toBe(size);
  }
  const head = await get('/bytes/1000', { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe('1000');
});

test('counts requests by route, not by path', async () => {
  const before = (await metric('http_requests_total{method="GET",route="/products/:id",status="200"}')) ?? 0;
  await Promise.all([1, 2, 3].map((id) => get(`/products/${id}`)));
  expect(await metric('http_requests_total{method="GET",route="/products/:id",status="200"}')).toBe(
    before + 3,
  );
  expect(await metric('db_pool_size')).toBe(20);
  expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  // The scrape itself.
  expect(await metric('http_requests_in_flight')).toBe(1);
  const buckets = await (await get('/metrics')).text();
  const counts = [...buckets.matchAll(/_bucket\{route="\/products\/:id",le="[^"]+"\} (\d+)/g)].map((m) =>
    Number(m[1]),
  );
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(counts.length).toBe(13);
});
