/** Real servers on loopback for tests. Each counts what passed over its sockets. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestServer {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  connections: number;
  /** Bytes over sockets that are closed. */
  bytesRead: number;
  bytesWritten: number;
  readonly open: Set<Socket>;
  /** Settles when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

async function listen(
  server: Server | NetServer,
  scheme: 'http' | 'https',
  host: string,
): Promise<TestServer> {
  const open = new Set<Socket>();
  let waiting: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const test: TestServer = {
    url: `${scheme}://${shownHost}:${port}`,
    port,
    connections: 0,
    bytesRead: 0,
    bytesWritten: 0,
    open,
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  server.on('connection', (socket: Socket) => {
    test.connections++;
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      test.bytesRead += socket.bytesRead;
      test.bytesWritten += socket.bytesWritten;
      open.delete(socket);
      if (open.size > 0) return;
      for (const done of waiting) done();
      waiting = [];
    });
  });
  return test;
}

export function httpServer(listener: RequestListener, host = '127.0.0.1'): Promise<TestServer> {
  return listen(createHttpServer(listener), 'http', host);
}

export function httpsServer(
  listener: RequestListener,
  names = 'DNS:localhost,IP:127.0.0.1',
): Promise<TestServer> {
  return listen(createHttpsServer(selfSigned(names), listener), 'https', '127.0.0.1');
}

/** A server that speaks whatever `onSocket` writes. */
export function rawServer(onSocket: (socket: Socket) => unknown): Promise<TestServer> {
  return listen(createNetServer(onSocket), 'http', '127.0.0.1');
}

/** Reads heads of requests without bodies: calls `onRequest` for each blank line that arrives. */
export function onEachHead(socket: Socket, onRequest: (head: string, count: number) => void): void {
  let seen = '';
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    for (;;) {
      const end = seen.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = seen.slice(0, end);
      seen = seen.slice(end + 4);
      onRequest(head, ++count);
    }
  });
}

/** Key and certificate for the given subject alternative names, made by openssl. */
export function selfSigned(names: string): { readonly key: Buffer; readonly cert: Buffer } {
  const dir = mkdtempSync(join(tmpdir(), 'brunt-cert-'));
  try {
    const key = join(dir, 'key.pem');
    const cert = join(dir, 'cert.pem');
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-keyout', key, '-out', cert, '-subj', '/CN=brunt.test', '-addext', `subjectAltName=${names}`],
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
