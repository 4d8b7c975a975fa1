/** One VU with its `ws` against real servers; everything is closed after each test. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import type { Ws } from '../../../dsl/ws/types.ts';
import { createWs } from '../../../dsl/ws/ws.ts';
import { FakeHost } from '../../helpers/host.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function closing(close: () => Promise<void>): void {
  closers.push(close);
}

export function vu(options: Partial<ResolvedOptions> = {}): { readonly ws: Ws; readonly host: FakeHost } {
  const host = new FakeHost(options);
  const ws = createWs(host);
  closers.push(() => host.retire());
  return { ws, host };
}

export interface WsServer {
  /** `ws://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** TCP sockets that are open. */
  readonly open: Set<Socket>;
  /** WebSockets in the order in which they opened. */
  readonly clients: WebSocket[];
  bytesRead: number;
  bytesWritten: number;
  /** Settles when no TCP socket is open. */
  idle(): Promise<void>;
}

export async function wsServer(
  onClient: (client: WebSocket, request: IncomingMessage) => void,
  options: ServerOptions = {},
): Promise<WsServer> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, ...options });
  const open = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const clients: WebSocket[] = [];
  sockets.on('connection', (client, request) => {
    clients.push(client);
    client.on('error', () => {});
    onClient(client, request);
  });
  const shown: WsServer = {
    get url() {
      return `ws://127.0.0.1:${shown.port}`;
    },
    get port() {
      return (server.address() as AddressInfo).port;
    },
    open,
    clients,
    bytesRead: 0,
    bytesWritten: 0,
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      shown.bytesRead += socket.bytesRead;
      shown.bytesWritten += socket.bytesWritten;
      if (open.size > 0) return;
      for (const done of waiting) done();
      waiting = [];
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(async () => {
    for (const socket of open) socket.destroy();
    sockets.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  return shown;
}

/** Sends back what it gets. */
export function echo(client: WebSocket): void {
  client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
}

export const tick = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Waits until `what` holds; fails after 5 s. */
export async function until(what: () => boolean): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > 5000) throw new Error('it did not come to pass within 5 s');
    await tick(5);
  }
}
