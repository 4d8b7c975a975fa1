import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { httpServer } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

/** Answers after 30 ms with method and path; remembers the most requests under way at once. */
async function slowServer() {
  const seen = { most: 0, now: 0, total: 0 };
  const server = await serving(
    httpServer((request, response) => {
      seen.total++;
      seen.most = Math.max(seen.most, ++seen.now);
      setTimeout(() => {
        seen.now--;
        response.end(`${request.method} ${request.url}`);
      }, 30);
    }),
  );
  return { url: server.url, seen };
}

test('an array gives an array in the same order, from entries of every form', async () => {
  const { url } = await slowServer();
  const { http } = vu();
  const responses = await http.batch([
    `${url}/a`,
    ['POST', `${url}/b`, 'x', { tags: { name: 'b' } }],
    { method: 'put', url: http.url`${url}/${'c'}` },
    { url: new URL(`${url}/d`) },
  ]);
  expect(responses.map((r) => r.body)).toEqual(['GET /a', 'POST /b', 'PUT /c', 'GET /d']);
});

test('an object gives an object', async () => {
  const { url } = await slowServer();
  const { front, api } = await vu().http.batch({ front: `${url}/`, api: ['GET', `${url}/api`] });
  expect([front.body, api.body]).toEqual(['GET /', 'GET /api']);
});

test('batchPerHost bounds requests to one host', async () => {
  const { url, seen } = await slowServer();
  const { http } = vu({ batchPerHost: 3 });
  await http.batch(Array.from({ length: 10 }, (_, i) => `${url}/${i}`));
  expect(seen).toMatchObject({ most: 3, total: 10 });
});

test('batch bounds them all; a full host does not hold up another', async () => {
  const [a, b] = [await slowServer(), await slowServer()];
  const { http } = vu({ batch: 4, batchPerHost: 3 });
  await http.batch([...Array.from({ length: 6 }, () => a.url), ...Array.from({ length: 3 }, () => b.url)]);
  expect(a.seen).toMatchObject({ most: 3, total: 6 });
  expect(b.seen.total).toBe(3);
  expect(b.seen.most).toBeGreaterThanOrEqual(1);
});

test('failures have their place among the results', async () => {
  const { url } = await slowServer();
  const [good, bad] = await vu().http.batch([url, 'http://127.0.0.1:1/']);
  expect([good?.status, bad?.status, bad?.errorCode]).toEqual([200, 0, 1212]);
});

test('a wrong entry throws before anything is sent', async () => {
  const { url, seen } = await slowServer();
  const { http } = vu();
  expect(() => http.batch([url, { method: 'GET' } as never])).toThrow(/entry 1 is neither/);
  expect(() => http.batch([url, '/relative'])).toThrow(/not absolute/);
  expect(() => http.batch(5 as never)).toThrow(/an array or an object/);
  await tick(20);
  expect(seen.total).toBe(0);
});

test('an empty batch is done at once', async () => {
  expect(await vu().http.batch([])).toEqual([]);
});

test('an interruption rejects and starts nothing more', async () => {
  const { url, seen } = await slowServer();
  const { http, host } = vu({ batchPerHost: 2 });
  const batch = http.batch(Array.from({ length: 8 }, () => url)).catch((error: unknown) => error);
  await tick(15);
  host.interrupt(new InterruptedError());
  expect(await batch).toBeInstanceOf(InterruptedError);
  await tick(60);
  expect(seen.total).toBe(2);
});
