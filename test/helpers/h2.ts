/** An HTTP/2 server on loopback that counts sessions and streams. */

import {
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface H2Server {
  readonly url: string;
  readonly port: number;
  sessions: number;
  streams: number;
  /** Most at one time on all sessions. */
  most: number;
  readonly open: Set<Http2Session>;
  readonly sockets: Set<Socket>;
  close(): Promise<void>;
}

/** With a certificate if `identity` is one; HTTP/1.1 is spoken too then. */
export async function h2Server(
  onStream: OnStream,
  identity?: { readonly key: Buffer; readonly cert: Buffer },
  settings = {},
): Promise<H2Server> {
  const secure = identity !== undefined;
  const server = secure
    ? createSecureServer({ ...identity, allowHTTP1: true, settings })
    : createServer({ settings });
  const open = new Set<Http2Session>();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const h2: H2Server = {
    url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    sessions: 0,
    streams: 0,
    most: 0,
    open,
    sockets: new Set(),
    close: () =>
      new Promise((resolve) => {
        for (const session of open) session.destroy();
        server.close(() => resolve());
      }),
  };
  let now = 0;
  server.on('connection', (socket: Socket) => {
    h2.sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('session', (session) => {
    h2.sessions++;
    open.add(session);
    session.on('error', () => {});
    session.once('close', () => open.delete(session));
  });
  server.on('stream', (stream, headers) => {
    h2.streams++;
    h2.most = Math.max(h2.most, ++now);
    stream.on('error', () => {});
    stream.once('close', () => now--);
    onStream(stream, headers);
  });
  server.on('sessionError', () => {});
  return h2;
}
