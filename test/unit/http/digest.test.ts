import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { answer, readChallenge } from '../../../dsl/http/digest.ts';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

/** The example of RFC 7616, 3.9.1. */
const RFC = {
  headers: [
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", ' +
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  ],
  credentials: { user: 'Mufasa', password: 'Circle of Life' },
  request: { method: 'GET', uri: '/dir/index.html', body: undefined },
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

test('answers the examples of RFC 7616, the strongest algorithm first', () => {
  const strongest = readChallenge(RFC.headers);
  expect(strongest?.algorithm).toBe('SHA-256');
  const text = answer(strongest as never, RFC.credentials, RFC.request, RFC.cnonce);
  expect(text).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
  const weak = readChallenge([(RFC.headers[0] as string).split(', Digest ')[0] as string]);
  expect(answer(weak as never, RFC.credentials, RFC.request, RFC.cnonce)).toContain(
    'response="8ca523f5e9506fed4657c9700eebdbec"',
  );
});

test('reads challenges among others and leaves those that it cannot answer', () => {
  expect(readChallenge(['Basic realm="x"'])).toBeUndefined();
  expect(readChallenge([])).toBeUndefined();
  expect(readChallenge(['Digest realm="x", nonce="n", algorithm=WHIRLPOOL'])).toBeUndefined();
  expect(readChallenge(['Digest realm="x", nonce="n", qop="other"'])).toBeUndefined();
  const found = readChallenge(['Basic realm="a", Digest realm="say \\"hi\\"", nonce="n"', 'Bearer']);
  expect(found).toMatchObject({ realm: 'say "hi"', nonce: 'n', qop: undefined, hash: 'md5' });
});

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Protects everything by Digest with MD5; `ada` and `p:w`. `/away` leads to `/there`. */
function guarded(qop = ', qop="auth"') {
  return serving(
    httpServer((request, response) => {
      if (request.url === '/away') {
        response.writeHead(302, { location: '/there' }).end();
        return;
      }
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const sent = request.headers.authorization ?? '';
        const part = (name: string): string => new RegExp(`[ ,]${name}="?([^",]*)`).exec(sent)?.[1] ?? '';
        const ha1 = md5('ada:here:p:w');
        const ha2 = md5(`${request.method}:${request.url}`);
        const expected =
          qop === '' ? md5(`${ha1}:n0:${ha2}`) : md5(`${ha1}:n0:${part('nc')}:${part('cnonce')}:auth:${ha2}`);
        if (sent.startsWith('Digest ') && part('response') === expected && part('uri') === request.url) {
          response.end(`welcome ${part('username')} ${body}`);
          return;
        }
        response.setHeader('www-authenticate', `Digest realm="here", nonce="n0"${qop}`);
        response.writeHead(401).end();
      });
    }),
  );
}

const withUser = (url: string, path: string): string => url.replace('http://', 'http://ada:p%3Aw@') + path;

test('asks for the challenge, answers it, and counts both requests, none of them as failed', async () => {
  const { url } = await guarded();
  const { http, host } = vu();
  const response = await http.post(withUser(url, '/secret?a=1'), 'hello', { auth: 'digest' });
  expect([response.status, response.body]).toEqual([200, 'welcome ada hello']);
  expect(host.tagsOf('http_reqs').map(({ status }) => status)).toEqual(['401', '200']);
  expect(host.values('http_req_failed')).toEqual([0, 0]);
  expect(host.counted).toEqual([]);
  expect(host.tagsOf('http_reqs')[0]?.name).toBe(`${url}/secret?a=1`);
});

test('without qop, with params.query, and after a redirect', async () => {
  const { url } = await guarded('');
  const { http } = vu();
  const params = { auth: 'digest', query: { b: '2' } } as const;
  expect((await http.get(withUser(url, '/x'), params)).status).toBe(200);
  const led = await http.get(withUser(url, '/away'), { auth: 'digest' });
  expect([led.status, led.url]).toEqual([200, `${url}/there`]);
});

test('a wrong password fails with the second 401; no challenge, with the first and a warning', async () => {
  const { url } = await guarded();
  const { http, host } = vu();
  const wrong = await http.get(url.replace('http://', 'http://ada:no@'), { auth: 'digest' });
  expect(wrong.status).toBe(401);
  expect(host.values('http_req_failed')).toEqual([0, 1]);
  const bare = await serving(httpServer((_, response) => response.writeHead(401).end()));
  expect((await http.get(withUser(bare.url, '/'), { auth: 'digest' })).status).toBe(401);
  expect(host.values('http_req_failed')).toEqual([0, 1, 1]);
  expect(host.lines).toEqual([
    {
      level: 'warn',
      message: `GET ${bare.url}/: status 401 without a Digest challenge that can be answered`,
    },
  ]);
});

test('without user and password it is a request like any other', async () => {
  const { url } = await guarded();
  const { http, host } = vu();
  expect((await http.get(url, { auth: 'digest' })).status).toBe(401);
  expect(host.values('http_req_failed')).toEqual([1]);
});
