/** A TCP relay on loopback that can misbehave in the middle of a conversation. Closed with the test. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Relay {
  readonly port: number;
  /** Connections of clients that are open. */
  readonly open: ReadonlySet<Socket>;
  /** What the client gets, as if the server had sent it. */
  inject(bytes: string | Buffer): void;
  /** Ends all connections in order. */
  end(): void;
  reset(): void;
  /** Passes nothing on any more, as a network that lost the way does; new connections are relayed. */
  freeze(): void;
}

export async function relay(to: number, host = '127.0.0.1'): Promise<Relay> {
  const open = new Set<Socket>();
  const all = new Set<Socket>();
  const server = createServer((outer) => {
    const inner = connect(to, '127.0.0.1');
    for (const socket of [outer, inner]) {
      all.add(socket);
      socket.on('close', () => all.delete(socket));
    }
    open.add(outer);
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy());
    inner.on('error', () => outer.destroy());
    outer.on('close', () => {
      open.delete(outer);
      inner.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of all) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const each = (act: (socket: Socket) => void): void => {
    for (const socket of [...open]) act(socket);
  };
  return {
    port: (server.address() as AddressInfo).port,
    open,
    inject: (bytes) => each((socket) => socket.write(bytes)),
    end: () => each((socket) => socket.end()),
    reset: () => each((socket) => socket.resetAndDestroy()),
    freeze: () => {
      for (const socket of all) socket.unpipe().pause();
    },
  };
}
