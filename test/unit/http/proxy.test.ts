/** Proxies: whole URLs for http, tunnels for https; which one is asked. */

import { afterEach, beforeAll, expect, test } from 'vitest';
import { proxyRule } from '../../../dsl/http/proxy.ts';
import { parseTarget } from '../../../dsl/http/url.ts';
import { DEFAULT_NETWORK, type ResolvedNetwork } from '../../../dsl/network.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { proxyServer, type TestProxy } from '../../helpers/proxy.ts';
import { httpServer, httpsServer, rawServer, selfSigned } from '../../helpers/servers.ts';
import { vu as plainVu, serving } from './harness.ts';

let identity: ReturnType<typeof selfSigned>;
const closers: (() => Promise<void>)[] = [];

beforeAll(() => {
  identity = selfSigned('DNS:localhost,IP:127.0.0.1');
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function proxying(proxy: Promise<TestProxy>): Promise<TestProxy> {
  const started = await proxy;
  closers.push(() => started.close());
  return started;
}

function vu(network: Partial<ResolvedNetwork>, options: Partial<ResolvedOptions> = {}) {
  return plainVu({ insecureSkipTLSVerify: true, network: { ...DEFAULT_NETWORK, ...network }, ...options });
}

test('http: the proxy is asked for the whole URL, the target sees its own', async () => {
  const seen: string[] = [];
  const server = await serving(
    httpServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.end('through');
    }),
  );
  const proxy = await proxying(proxyServer(server));
  const { http, host } = vu({ proxy: proxy.url });
  const res = await http.get('http://shop.test/items?q=1');
  expect(res).toMatchObject({ status: 200, body: 'through', url: 'http://shop.test/items?q=1' });
  await http.post('http://shop.test/items', 'x');
  expect(proxy.asked).toEqual(['GET http://shop.test/items?q=1', 'POST http://shop.test/items']);
  expect(seen).toEqual(['GET /items?q=1 shop.test', 'POST /items shop.test']);
  expect(host.values('http_req_connecting').filter((ms) => ms > 0)).toHaveLength(1);
});

test('https: a tunnel, opened once; its time is part of connecting, TLS is with the target', async () => {
  const server = await serving(httpsServer((_request, response) => response.end('secret')));
  const proxy = await proxying(proxyServer(server));
  const { http } = vu({ proxy: proxy.url });
  const res = await http.get('https://shop.test/');
  expect(res).toMatchObject({ status: 200, body: 'secret' });
  expect(res.timings.connecting).toBeGreaterThan(0);
  expect(res.timings.tls_handshaking).toBeGreaterThan(0);
  await http.get('https://shop.test/again');
  expect(proxy.asked).toEqual(['CONNECT shop.test:443']);
});

test('a proxy that is spoken to over TLS', async () => {
  const plain = await serving(httpServer((_request, response) => response.end('plain')));
  const secure = await serving(httpsServer((_request, response) => response.end('secure')));
  const one = await proxying(proxyServer(plain, { identity }));
  const two = await proxying(proxyServer(secure, { identity }));
  expect((await vu({ proxy: one.url }).http.get('http://shop.test/')).body).toBe('plain');
  expect((await vu({ proxy: two.url }).http.get('https://shop.test/')).body).toBe('secure');
  expect([...one.asked, ...two.asked]).toEqual(['GET http://shop.test/', 'CONNECT shop.test:443']);
});

test('user and password', async () => {
  const plain = await serving(httpServer((_request, response) => response.end('plain')));
  const secure = await serving(httpsServer((_request, response) => response.end('secure')));
  const one = await proxying(proxyServer(plain, { user: 'ada:s p' }));
  const two = await proxying(proxyServer(secure, { user: 'ada:s p' }));
  const withUser = (url: string): string => url.replace('//', '//ada:s%20p@');
  expect((await vu({ proxy: withUser(one.url) }).http.get('http://shop.test/')).body).toBe('plain');
  expect((await vu({ proxy: withUser(two.url) }).http.get('https://shop.test/')).body).toBe('secure');
  const refused = await vu({ proxy: two.url }).http.get('https://shop.test/');
  expect(refused).toMatchObject({ status: 0, errorCode: 1210 });
  expect(refused.error).toMatch(
    /the proxy 127.0.0.1:\d+ refused the tunnel: 407 Proxy Authentication Required/,
  );
  expect((await vu({ proxy: one.url }).http.get('http://shop.test/')).status).toBe(407);
});

test('a request may name its own, or none; connections are not mixed up', async () => {
  const server = await serving(httpServer((_request, response) => response.end('direct')));
  const proxy = await proxying(proxyServer(server));
  const { http } = vu({});
  await http.get(server.url);
  await http.get(`${server.url}/p`, { proxy: proxy.url });
  await http.get(server.url);
  expect(proxy.asked).toEqual([`GET ${server.url}/p`]);
  const proxied = vu({ proxy: proxy.url });
  await proxied.http.get(`${server.url}/q`, { proxy: null });
  await proxied.http.get(`${server.url}/r`, { proxy: false });
  expect(proxy.asked).toHaveLength(1);
  expect(() => http.get(server.url, { proxy: 'socks5://x:1' })).toThrow(/params.proxy/);
});

test('a proxy that is not there, is no proxy, or hangs up', async () => {
  expect(await vu({ proxy: 'http://127.0.0.1:1' }).http.get('https://shop.test/')).toMatchObject({
    errorCode: 1212,
    error: 'proxy: connection refused by 127.0.0.1:1',
  });
  const noise = await serving(rawServer((socket) => socket.end('220 mail.test ESMTP\r\n\r\n')));
  expect((await vu({ proxy: noise.url }).http.get('https://shop.test/')).error).toMatch(
    /did not answer in HTTP/,
  );
  const silent = await serving(rawServer((socket) => socket.end()));
  expect((await vu({ proxy: silent.url }).http.get('https://shop.test/')).error).toMatch(
    /closed the connection/,
  );
});

test('a proxy that never answers: the time limit says what was waited for', async () => {
  const mute = await serving(rawServer((socket) => socket.resume()));
  const res = await vu({ proxy: mute.url }).http.get('https://shop.test/', { timeout: 80 });
  expect(res).toMatchObject({ status: 0, errorCode: 1211 });
  await mute.idle();
});

test.each([
  ['http://shop.test/', 'one:1'],
  ['https://shop.test/', 'two:2'],
  ['http://localhost/', undefined],
  ['http://127.1.2.3:8080/', undefined],
  ['http://[::1]/', undefined],
  ['http://plain.example/', undefined],
  ['http://sub.plain.example/', undefined],
  ['http://dotted.example/', 'one:1'],
  ['http://sub.dotted.example/', undefined],
  ['http://port.example/', 'one:1'],
  ['http://port.example:8080/', undefined],
  ['http://10.2.3.4/', undefined],
  ['http://11.2.3.4/', 'one:1'],
])('the variables: %s goes through %s', (url, proxy) => {
  const env = {
    HTTP_PROXY: 'http://one:1',
    https_proxy: 'two:2',
    NO_PROXY: 'plain.example, .dotted.example,port.example:8080,10.0.0.0/8',
  };
  const rule = proxyRule(undefined, env);
  expect(rule?.(parseTarget(url).origin)?.name).toBe(proxy);
});

test('no variables, no rule; NO_PROXY=* means nobody; false means none', () => {
  const { origin } = parseTarget('http://shop.test/');
  expect(proxyRule(undefined, {})).toBeUndefined();
  expect(proxyRule(undefined, { HTTP_PROXY: 'http://one:1', NO_PROXY: '*' })?.(origin)).toBeUndefined();
  expect(proxyRule(false, { HTTP_PROXY: 'http://one:1' })).toBeUndefined();
});
