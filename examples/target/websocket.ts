import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ChatModel } from './chat.ts';

/**
 * What is said at `/ws`. Text that is JSON with a `type` is a request; its `id`, of any JSON type, comes back
 * unchanged, so that a client can match answers:
 *
 *     { type: 'echo', id, data }      ->  { type: 'echo', id, data }           at once
 *     { type: 'ping', id }            ->  { type: 'pong', id }                 at once
 *     { type: 'chat', id, message }   ->  { type: 'chat', id, reply, tokens }  after about 100 ms
 *     { type: 'broadcast', id, data } ->  { type: 'broadcast', id, data }      to every client, the sender included
 *     another `type`, bad fields      ->  { type: 'error', id, reason }
 *
 * Any other text and all binary messages come back as they are. Protocol pings are answered with pongs.
 */

const MAX_MESSAGE_BYTES = 64 * 1024;

/** A client that reads so slowly that this much waits for it is cut off: it must not take the others' memory. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export interface WebSockets {
  readonly size: number;
  /** Says goodbye (1001) to everyone; cuts off who has not left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

interface Message {
  readonly type: string;
  readonly id?: unknown;
  readonly data?: unknown;
  readonly message?: unknown;
}

function parseMessage(text: string): Message | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Message>;
    return typeof value.type === 'string' ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

export function attachWebSockets(server: Server, path: string, chat: ChatModel): WebSockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });

  const send = (socket: WebSocket, value: unknown): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
    else socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  };

  const answer = async (socket: WebSocket, message: Message): Promise<void> => {
    const { type, id } = message;
    switch (type) {
      case 'echo':
        send(socket, { type, id, data: message.data });
        return;
      case 'ping':
        send(socket, { type: 'pong', id });
        return;
      case 'broadcast': {
        const text = JSON.stringify({ type, id, data: message.data });
        for (const client of sockets.clients) send(client, text);
        return;
      }
      case 'chat':
        if (typeof message.message !== 'string' || message.message === '') {
          send(socket, { type: 'error', id, reason: "'message' must be a non-empty string" });
        } else {
          const { reply, tokens } = await chat.answer(message.message);
          send(socket, { type, id, reply, tokens });
        }
        return;
      default:
        send(socket, {
          type: 'error',
          id,
          reason: `unknown type '${type}'; there are echo, ping, chat, broadcast`,
        });
    }
  };

  const receive = (socket: WebSocket, data: RawData, isBinary: boolean): void => {
    if (isBinary) {
      socket.send(data, { binary: true });
      return;
    }
    // A Buffer, as long as `binaryType` is left alone.
    const text = (data as Buffer).toString();
    const message = parseMessage(text);
    if (message === undefined) send(socket, text);
    else void answer(socket, message);
  };

  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => receive(socket, data, isBinary));
    // A broken frame or a reset: ws closes the socket itself.
    socket.on('error', () => {});
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] === path) {
      sockets.handleUpgrade(request, socket, head, (webSocket) =>
        sockets.emit('connection', webSocket, request),
      );
    } else {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    }
  });

  return {
    get size() {
      return sockets.clients.size;
    },
    async close(graceMs) {
      const open = [...sockets.clients];
      const gone = open.map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const socket of open) socket.close(1001, 'the demo system stops');
      const cut = setTimeout(() => {
        for (const socket of open) socket.terminate();
      }, graceMs);
      await Promise.all(gone);
      clearTimeout(cut);
      sockets.close();
    },
  };
}
