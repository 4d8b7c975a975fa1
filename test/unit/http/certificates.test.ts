import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { CODE, classify } from '../../../dsl/http/error-codes.ts';
import { parseTarget } from '../../../dsl/http/url.ts';
import { selfSigned } from '../../helpers/servers.ts';

const run = promisify(execFile);

const CLIENT = `
import { createHttp } from './dsl/http/http.ts';
import { FakeHost } from './test/helpers/host.ts';
const host = new FakeHost();
const { status, errorCode, error } = await createHttp(host).get(process.argv[2]);
await host.retire();
console.log(JSON.stringify({ status, errorCode, error }));
`;

// Trusted authorities are read from the environment when a process starts, so the client is one of its own.
test('a trusted certificate is accepted for its own hosts only: 1311', async () => {
  // Inside the project, so that the bundle finds its packages.
  const dir = mkdtempSync(join(process.cwd(), 'node_modules', '.brunt-test-'));
  const { key, cert } = selfSigned('DNS:localhost');
  const server = createServer({ key, cert }, (_request, response) => response.end('ok'));
  try {
    const client = join(dir, 'client.mjs');
    await build({
      stdin: { contents: CLIENT, resolveDir: process.cwd(), loader: 'ts' },
      ...{
        bundle: true,
        platform: 'node',
        format: 'esm',
        packages: 'external',
        outfile: client,
        logLevel: 'silent',
      },
    });
    writeFileSync(join(dir, 'ca.pem'), cert);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const ask = async (host: string): Promise<unknown> => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') };
      return JSON.parse((await run(process.execPath, [client, `https://${host}:${port}/`], { env })).stdout);
    };
    expect(await ask('localhost')).toMatchObject({ status: 200, errorCode: 0 });
    expect(await ask('127.0.0.1')).toEqual({
      status: 0,
      errorCode: 1311,
      error: 'the certificate is not for 127.0.0.1',
    });
  } finally {
    server.close();
    rmSync(dir, { recursive: true });
  }
});

const { origin } = parseTarget('https://sut.test:8443/');

test.each([
  ['lookup', 'ENOTFOUND', CODE.noSuchHost, /no such host: sut.test/],
  ['lookup', 'EAI_AGAIN', CODE.dns, /could not be resolved/],
  ['connect', 'ETIMEDOUT', CODE.dialTimeout, /sut.test:8443 timed out/],
  ['connect', 'EHOSTUNREACH', CODE.dial, /EHOSTUNREACH/],
  ['connect', 'EADDRNOTAVAIL', CODE.dial, /no free local port/],
  ['connect', 'EMFILE', CODE.dial, /ulimit/],
  ['tls', 'CERT_HAS_EXPIRED', CODE.tls, /CERT_HAS_EXPIRED/],
  ['tls', 'ECONNRESET', CODE.reset, /during the TLS handshake/],
  ['exchange', 'EPIPE', CODE.brokenPipe, /broken pipe/],
  ['exchange', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', CODE.tcp, /content-length/],
] as const)('at %s, %s is %i', (stage, code, expected, message) => {
  const failure = classify(Object.assign(new Error('x'), { code }), stage, origin);
  expect(failure.code).toBe(expected);
  expect(failure.message).toMatch(message);
});

test('of several addresses that failed, the first cause is told', () => {
  const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
  const failure = classify(
    Object.assign(new AggregateError([refused, new Error('y')]), {}),
    'connect',
    origin,
  );
  expect(failure.code).toBe(CODE.refused);
});
