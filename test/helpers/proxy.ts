/** A forward proxy on loopback: passes whole URLs on, opens tunnels, keeps what it was asked. */

import { createServer, type IncomingMessage, request as sendRequest } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy {
  readonly url: string;
  readonly port: number;
  /** `GET http://…` and `CONNECT host:port`, in order. */
  readonly asked: string[];
  /** Values of Proxy-Authorization, in order. */
  readonly credentials: (string | undefined)[];
  close(): Promise<void>;
}

/** `target`: where everything goes, whatever was asked for. `user`: `name:password` that must be given. */
export async function proxyServer(
  target: { readonly port: number },
  options: {
    readonly user?: string;
    readonly identity?: { readonly key: Buffer; readonly cert: Buffer };
  } = {},
): Promise<TestProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const allowed = (request: IncomingMessage): boolean => {
    asked.push(`${request.method} ${request.url}`);
    const given = request.headers['proxy-authorization'];
    credentials.push(given);
    if (options.user === undefined) return true;
    return given === `Basic ${Buffer.from(options.user).toString('base64')}`;
  };
  const server = options.identity === undefined ? createServer() : createSecureServer(options.identity);
  server.on('request', (request, response) => {
    if (!allowed(request)) {
      response.writeHead(407).end('who are you');
      return;
    }
    const { pathname, search } = new URL(request.url ?? '');
    const onward = sendRequest(
      {
        port: target.port,
        host: '127.0.0.1',
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    );
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    if (!allowed(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const onward = connect(target.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.identity === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    asked,
    credentials,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
