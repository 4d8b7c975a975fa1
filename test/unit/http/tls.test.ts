/** What TLS is spoken with: authorities, client certificates, versions, ciphers; of the options and of one request. */

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DEFAULT_NETWORK, type ResolvedNetwork } from '../../../dsl/network.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { type Authority, authority, type Identity } from '../../helpers/authority.ts';
import { httpServer } from '../../helpers/servers.ts';
import { vu as plainVu, serving } from './harness.ts';

let ca: Authority;
let server: Identity;
let ada: Identity;
let bob: Identity;
const closers: (() => void)[] = [];

beforeAll(() => {
  ca = authority();
  server = ca.issue('server', { names: 'DNS:localhost,DNS:*.shop.test,IP:127.0.0.1' });
  ada = ca.issue('ada');
  bob = ca.issue('bob', { password: 'secret' });
});

afterAll(() => ca.close());

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Answers with the client's name, the version and the cipher suite. */
async function secure(options: TlsOptions = {}): Promise<{ readonly url: string; readonly port: number }> {
  const listening = createServer({ ...server, ca: ca.ca, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket;
    const peer = socket.getPeerCertificate();
    const { name } = socket.getCipher();
    const who = String(peer.subject?.CN ?? 'nobody');
    response.end(`${who} ${socket.getProtocol()} ${name} ${socket.servername}`);
  });
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, port };
}

function vu(network: Partial<ResolvedNetwork> = {}, options: Partial<ResolvedOptions> = {}) {
  return plainVu({ network: { ...DEFAULT_NETWORK, tlsCA: [ca.ca], ...network }, ...options });
}

const WITH_CLIENTS: TlsOptions = { requestCert: true, rejectUnauthorized: false };

test.each(['tls1.2', 'tls1.3'] as const)('the response and a tag tell the version: %s', async (version) => {
  const { url } = await secure();
  const { http, host } = vu({ tlsVersion: { min: version, max: version } });
  const res = await http.get(url);
  expect(res.tls_version).toBe(version);
  // IANA's names; OpenSSL has others for those of TLS 1.2.
  expect(res.tls_cipher_suite).toMatch(/^TLS_[A-Z0-9_]+$/);
  // Of every response on the connection, the first one's too.
  expect((await http.get(url)).tls_version).toBe(version);
  expect(host.tagsOf('http_req_duration').map((tags) => tags.tls_version)).toEqual([version, version]);
});

test('without TLS there is no version', async () => {
  const plain = await serving(httpServer((_request, response) => response.end()));
  const { http, host } = vu();
  expect(await http.get(plain.url)).toMatchObject({ tls_version: '', tls_cipher_suite: '' });
  expect(await http.get('https://127.0.0.1:1/')).toMatchObject({ status: 0, tls_version: '' });
  expect(host.tagsOf('http_reqs').some((tags) => 'tls_version' in tags)).toBe(false);
});

test('an authority of the options is trusted; without it 1310', async () => {
  const { url } = await secure();
  expect((await vu().http.get(url)).status).toBe(200);
  expect(await vu({ tlsCA: [] }).http.get(url)).toMatchObject({ status: 0, errorCode: 1310 });
});

test('an authority is trusted for its hosts only: 1311', async () => {
  const { port } = await secure();
  const { http } = vu({ hosts: { 'shop.other': '127.0.0.1', 'www.shop.test': '127.0.0.1' } });
  expect((await http.get(`https://www.shop.test:${port}/`)).status).toBe(200);
  expect((await http.get(`https://shop.other:${port}/`)).errorCode).toBe(1311);
});

test('client certificates by host; the exact name before the pattern', async () => {
  const { port } = await secure(WITH_CLIENTS);
  const { http } = vu({
    hosts: { '*.shop.test': '127.0.0.1' },
    tlsAuth: [
      { domains: ['*.shop.test'], ...ada, password: undefined },
      { domains: ['bob.shop.test'], ...bob, password: 'secret' },
    ],
  });
  const whoAt = async (host: string): Promise<string | undefined> =>
    (await http.get(`https://${host}:${port}/`)).body.split(' ')[0];
  expect(await whoAt('www.shop.test')).toBe('ada');
  expect(await whoAt('bob.shop.test')).toBe('bob');
  expect(await whoAt('127.0.0.1')).toBe('nobody');
});

test('a certificate without hosts is shown to all', async () => {
  const { url } = await secure({ ...WITH_CLIENTS, rejectUnauthorized: true });
  const { http } = vu({ tlsAuth: [{ domains: [], ...ada, password: undefined }] });
  expect((await http.get(url)).body).toMatch(/^ada /);
  const without = await vu().http.get(url);
  expect(without.status).toBe(0);
  // The server's alert, or the end of the connection that follows it, whichever is read first.
  expect([1200, 1220, 1300]).toContain(without.errorCode);
});

test.each(['tls1.2', 'tls1.3'] as const)('version %s', async (version) => {
  const { url } = await secure();
  const { http } = vu({ tlsVersion: { min: version, max: version } });
  expect((await http.get(url)).body).toContain(version === 'tls1.2' ? 'TLSv1.2' : 'TLSv1.3');
});

test('no version in common: 1300', async () => {
  const { url } = await secure({ minVersion: 'TLSv1.3' });
  expect(await vu({ tlsVersion: { min: undefined, max: 'tls1.2' } }).http.get(url)).toMatchObject({
    status: 0,
    errorCode: 1300,
  });
});

test('old versions work where the server has them', async () => {
  const { url } = await secure({ minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' });
  const { http } = vu({ tlsVersion: { min: undefined, max: 'tls1.1' } });
  expect((await http.get(url)).body).toContain('TLSv1.1');
});

test('cipher suites', async () => {
  const { url } = await secure();
  const { http } = vu({
    tlsVersion: { min: 'tls1.2', max: 'tls1.2' },
    tlsCipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'],
  });
  expect((await http.get(url)).body).toContain('ECDHE-ECDSA-AES256-GCM-SHA384');
});

test('one request may differ, and its connection is not given to others', async () => {
  const { url } = await secure(WITH_CLIENTS);
  const { http } = vu({ tlsCA: [] }, { insecureSkipTLSVerify: false });
  const trusting = { tls: { ca: ca.ca, cert: ada.cert, key: ada.key } };
  expect((await http.get(url)).errorCode).toBe(1310);
  const first = await http.get(url, trusting);
  expect(first.body).toMatch(/^ada TLSv1.3/);
  expect((await http.get(url, trusting)).timings.connecting).toBe(0);
  expect((await http.get(url)).errorCode).toBe(1310);
  expect((await http.get(url, { tls: { insecureSkipTLSVerify: true, version: 'tls1.2' } })).body).toMatch(
    /^nobody TLSv1.2/,
  );
  const { ca: authorities } = ca;
  const named = await http.get(url, { tls: { ca: authorities, serverName: 'www.shop.test' } });
  expect(named.body).toMatch(/ www.shop.test$/);
});

test.each([
  [{ tls: { cret: 'x' } }, /did you mean cert\?/],
  [{ tls: { cert: 'x' } }, /cert together with key/],
  [{ tls: { ca: '/etc/ca.pem' } }, /the text of a certificate/],
  [{ tls: { version: 'ssl3' } }, /params.tls.version/],
  [{ tls: { cipherSuites: ['x'] } }, /"x" is unknown/],
  [{ http2: 'yes' }, /params.http2/],
])('params %j throw a TypeError', (params, message) => {
  const { http } = vu();
  expect(() => http.get('https://127.0.0.1:1/', params as object)).toThrow(message);
});

test('a key that cannot be read fails the request with 1300', async () => {
  const { url } = await secure();
  const { http } = vu({ tlsAuth: [{ domains: [], ...bob, password: 'wrong' }] });
  const res = await http.get(url);
  expect(res).toMatchObject({ status: 0, errorCode: 1300 });
});
