/** A certificate authority for tests, made by openssl: servers and clients that it vouches for. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** `password`: of the key. */
  issue(name: string, options?: { readonly names?: string; readonly password?: string }): Identity;
  close(): void;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

export function authority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'brunt-ca-'));
  const at = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  openssl(
    ...['req', '-x509', ...EC, '-nodes', '-days', '2', '-subj', '/CN=Brunt test authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  );
  let count = 0;
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    issue: (name, { names, password } = {}) => {
      const id = `${++count}`;
      const secret = password === undefined ? ['-nodes'] : ['-passout', `pass:${password}`];
      openssl(
        ...['req', '-new', ...EC, ...secret, '-subj', `/CN=${name}`],
        ...['-keyout', at(`${id}.key`), '-out', at(`${id}.csr`)],
      );
      writeFileSync(at(`${id}.ext`), names === undefined ? '' : `subjectAltName=${names}`);
      openssl(
        ...['x509', '-req', '-in', at(`${id}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
        ...['-CAcreateserial', '-days', '2', '-extfile', at(`${id}.ext`), '-out', at(`${id}.pem`)],
      );
      return {
        key: readFileSync(at(`${id}.key`), 'utf8'),
        cert: readFileSync(at(`${id}.pem`), 'utf8'),
      };
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}
