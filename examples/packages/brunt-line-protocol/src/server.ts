/** The store itself, for tests and for trying the package. */

import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface KvServer {
  readonly port: number;
  readonly connections: number;
  close(): Promise<void>;
}

function answer(store: Map<string, string>, line: string): string {
  const [command, key, value] = line.split(' ');
  if (command === 'SET' && key !== undefined && value !== undefined) {
    store.set(key, value);
    return 'OK';
  }
  if (command === 'GET' && key !== undefined) {
    const found = store.get(key);
    return found === undefined ? 'NONE' : `VALUE ${found}`;
  }
  if (command === 'DEL' && key !== undefined) return store.delete(key) ? 'OK' : 'NONE';
  return 'ERROR unknown command';
}

/** Listens on a free port of this machine. `answerTo` replaces the store's own answers; undefined gives none. */
export function startServer(
  answerTo?: (line: string, socket: Socket) => string | undefined,
): Promise<KvServer> {
  const store = new Map<string, string>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    let partial = '';
    open.add(socket);
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) {
        const reply = answerTo === undefined ? answer(store, line) : answerTo(line, socket);
        if (reply !== undefined) socket.write(`${reply}\n`);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        get connections() {
          return open.size;
        },
        close: () => {
          for (const socket of open) socket.destroy();
          return new Promise((closed) => server.close(() => closed()));
        },
      }),
    );
  });
}
