import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

const server = () =>
  serving(
    httpServer((_request, response) => {
      response.setHeader('set-cookie', 'session=topsecret; Path=/');
      response.end('answer');
    }),
  );

const params = {
  headers: { Authorization: 'Bearer topsecret', 'X-Plain': 'seen' },
  cookies: { c: 'topsecret' },
};

test("httpDebug 'heads' prints heads without credentials and without bodies", async () => {
  const { url } = await server();
  const { http, host } = vu({ httpDebug: 'heads' });
  await http.post(`${url}/p`, 'question', params);
  const text = host.lines.map((line) => line.message).join('\n');
  expect(text).toContain('> POST /p HTTP/1.1');
  expect(text).toContain('X-Plain: seen');
  expect(text).toContain('Authorization: Bearer ***');
  expect(text).toContain('cookie: c=***');
  expect(text).toContain('< HTTP/1.1 200 OK');
  expect(text).toMatch(/set-cookie: session=\*\*\*; Path=\//i);
  expect(text).not.toContain('topsecret');
  expect(text).not.toMatch(/question|answer/);
});

test("'full' prints bodies too", async () => {
  const { url } = await server();
  const { http, host } = vu({ httpDebug: 'full' });
  await http.post(url, 'question');
  const text = host.lines.map((line) => line.message).join('\n');
  expect(text).toContain('question');
  expect(text).toContain('answer');
});

test('failures are printed', async () => {
  const { http, host } = vu({ httpDebug: 'heads' });
  await http.get('http://127.0.0.1:1/');
  expect(host.lines.at(-1)?.message).toBe(
    '< GET http://127.0.0.1:1/ failed: connection refused by 127.0.0.1:1 (1212)',
  );
});
