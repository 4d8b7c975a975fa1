/** The gRPC server of tests, in a process of its own, and a VU's client of it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { create } from '../../dsl/grpc/part.ts';
import type { GrpcClient, GrpcClientOptions } from '../../dsl/grpc/types.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import { FakeHost } from './host.ts';
import { selfSigned } from './servers.ts';

export const GRPC_FIXTURES = fileURLToPath(new URL('../fixtures/grpc', import.meta.url));

export interface GrpcServer {
  readonly port: number;
  readonly address: string;
  /** PEM of the certificate, where it has one. */
  readonly cert: Buffer | undefined;
  readonly child: ChildProcess;
  /** Ends it without a word, as a crash does. */
  crash(): Promise<void>;
}

export interface GrpcServerOptions {
  /** Names that the certificate is for; undefined: no TLS. */
  readonly tls?: string;
  readonly reflection?: 'v1' | 'v1alpha';
  readonly port?: number;
}

/** Ends with the test. */
export async function grpcServer(options: GrpcServerOptions = {}): Promise<GrpcServer> {
  const args = [join(GRPC_FIXTURES, 'server.mjs')];
  let cert: Buffer | undefined;
  if (options.tls !== undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'brunt-grpc-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pair = selfSigned(options.tls);
    cert = pair.cert;
    writeFileSync(join(folder, 'key.pem'), pair.key);
    writeFileSync(join(folder, 'cert.pem'), pair.cert);
    args.push('--key', join(folder, 'key.pem'), '--cert', join(folder, 'cert.pem'));
  }
  if (options.reflection !== undefined) args.push('--reflection', options.reflection);
  if (options.port !== undefined) args.push('--port', String(options.port));
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(crash);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(Number(line.toString())));
    void ended.then(() => reject(new Error('the gRPC server ended before it listened')));
  });
  return { port, address: `127.0.0.1:${port}`, cert, child, crash };
}

export interface GrpcVu {
  readonly host: FakeHost;
  readonly client: GrpcClient;
}

/** A VU whose client reads the services from echo.proto unless told otherwise; retired with the test. */
export function grpcVu(
  address: string,
  client: Partial<GrpcClientOptions> = {},
  options: Partial<ResolvedOptions> = {},
): GrpcVu {
  const host = new FakeHost(options);
  onTestFinished(() => host.retire());
  const services = client.reflection === true ? {} : { proto: join(GRPC_FIXTURES, 'echo.proto') };
  const plaintext = client.tls === undefined && client.plaintext === undefined ? { plaintext: true } : {};
  return { host, client: create(host).client(address, { ...services, ...plaintext, ...client }) };
}
