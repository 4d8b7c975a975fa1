import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CODE, classify } from '../../../dsl/http/error-codes.ts';
import { parseTarget } from '../../../dsl/http/url.ts';
import { selfSigned } from '../../helpers/servers.ts';
import { runClient } from './harness.ts';

// Trusted authorities are read from the environment when a process starts, so the client is one of its own.
test('a trusted certificate is accepted for its own hosts only: 1311', async () => {
  const { key, cert } = selfSigned('DNS:localhost');
  const dir = mkdtempSync(join(tmpdir(), 'brunt-ca-'));
  const server = createServer({ key, cert }, (_request, response) => response.end('ok'));
  try {
    writeFileSync(join(dir, 'ca.pem'), cert);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const printed = await runClient(
      `for (const name of ['localhost', '127.0.0.1']) {
        const { status, errorCode, error } = await createHttp(host).get('https://' + name + ':' + process.argv[2]);
        console.log(status, errorCode, error);
      }
      await host.retire();`,
      String(port),
      { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') },
    );
    expect(printed).toBe('200 0 \n0 1311 the certificate is not for 127.0.0.1\n');
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
