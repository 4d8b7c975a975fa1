import { expect, test } from 'vitest';
import { readRetry, retries, retryAfterMs } from '../../../dsl/http/retry.ts';
import { httpServer } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

/** Answers with these statuses in turn, then 200; 0 hangs up. */
function answering(...statuses: readonly number[]) {
  let next = 0;
  return serving(
    httpServer((request, response) => {
      const status = statuses[next++] ?? 200;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end(`try ${next}`);
    }),
  );
}

test('nothing is retried unless asked for', async () => {
  const { url } = await answering(503);
  const { http, host } = vu();
  const response = await http.get(url);
  expect(response.status).toBe(503);
  expect(response.retries).toBe(0);
  expect(host.values('http_retries')).toEqual([]);
});

test('every attempt is a request of its own, and every retry is counted', async () => {
  const { url } = await answering(503, 0, 429);
  const { http, host } = vu();
  const response = await http.get(url, { retry: { times: 5, backoff: 1 } });
  expect([response.status, response.body, response.retries]).toEqual([200, 'try 4', 3]);
  expect(host.tagsOf('http_reqs').map(({ status }) => status)).toEqual(['503', '0', '429', '200']);
  expect(host.values('http_req_failed')).toEqual([1, 1, 1, 0]);
  expect(host.sum('http_retries')).toBe(3);
  expect(host.tagsOf('http_retries')[0]).toMatchObject({ name: url, method: 'GET' });
  expect(host.counted).toHaveLength(3);
});

test('the last attempt is what the script gets, also as an exception', async () => {
  const { url } = await answering(503, 503, 503, 0, 0);
  const { http, host } = vu();
  const response = await http.get(url, { retry: { times: 2, backoff: 0 } });
  expect([response.status, response.retries]).toEqual([503, 2]);
  await expect(http.get(url, { retry: { times: 1, backoff: 0 }, throw: true })).rejects.toMatchObject({
    name: 'HttpError',
  });
  expect(host.values('http_reqs')).toHaveLength(5);
});

test('`on` chooses statuses, ranges and codes', async () => {
  const { url } = await answering(418, 500, 503);
  const { http } = vu();
  const on = [418, { min: 500, max: 502 }];
  const response = await http.get(url, { retry: { times: 5, on, backoff: 0 } });
  expect([response.status, response.retries]).toEqual([503, 2]);
});

test('waits: doubled, by a function, and what Retry-After asks for', async () => {
  const plan = readRetry({ times: 9, backoff: '100ms' });
  expect([1, 2, 3, 20].map((n) => plan?.backoffMs(n))).toEqual([100, 200, 400, 30_000]);
  const asked: number[] = [];
  const own = readRetry({ times: 2, backoff: (n: number) => `${asked.push(n)}s` as const });
  expect([own?.backoffMs(1), asked]).toEqual([1000, [1]]);
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterMs('2', now)).toBe(2000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
  expect(retryAfterMs('86400', now)).toBe(30_000);
  expect(retryAfterMs('soon', now)).toBe(0);
  expect(retryAfterMs(undefined, now)).toBe(0);
});

test('a POST without an answer is sent again only where it never left', () => {
  const plan = readRetry(1) as NonNullable<ReturnType<typeof readRetry>>;
  const ended = (method: string, errorCode: number) => retries(plan, { method, status: 0, errorCode });
  expect(ended('POST', 1212)).toBe(true);
  expect(ended('POST', 1101)).toBe(true);
  expect(ended('POST', 1220)).toBe(false);
  expect(ended('POST', 1050)).toBe(false);
  expect(ended('GET', 1220)).toBe(true);
  expect(ended('GET', 1020)).toBe(false);
  expect(retries(plan, { method: 'POST', status: 503, errorCode: 1503 })).toBe(true);
  expect(retries(plan, { method: 'GET', status: 500, errorCode: 1500 })).toBe(false);
});

test('an interruption ends the wait', async () => {
  const { url } = await answering(503);
  const { http, host } = vu();
  const pending = http.get(url, { retry: { times: 3, backoff: '20s' } });
  const refused = expect(pending).rejects.toThrow('the run ended');
  while (host.values('http_reqs').length === 0) await tick(5);
  host.interrupt(new Error('the run ended'));
  await refused;
  expect(host.values('http_reqs')).toHaveLength(1);
  expect(host.values('http_retries')).toEqual([]);
});

test.each([
  [{ retry: -1 }, /retry: a number of retries/],
  [{ retry: {} }, /retry: a number of retries/],
  [{ retry: { times: 1, backoff: 'soon' } }, /soon/],
  [{ retry: { times: 1, on: ['5xx'] } }, /retry.on/],
  [{ retry: { times: 1, on: 503 } }, /retry.on: a list/],
])('%j is refused', (params, message) => {
  expect(() => vu().http.get('http://127.0.0.1:1/', params as never)).toThrow(message);
});

test('a signal ends a request: a time limit as a timeout, everything else as given up', async () => {
  const server = await serving(httpServer(() => {}));
  const { http, host } = vu();
  const late = await http.get(server.url, { signal: AbortSignal.timeout(30) });
  expect([late.status, late.errorCode]).toEqual([0, 1050]);
  const controller = new AbortController();
  const pending = http.get(server.url, { signal: controller.signal });
  await tick(20);
  controller.abort();
  expect((await pending).errorCode).toBe(1000);
  const never = await http.get(server.url, { signal: controller.signal, retry: 3 });
  expect([never.errorCode, never.retries]).toEqual([1000, 0]);
  expect(host.values('http_req_failed')).toEqual([1, 1, 1]);
});
