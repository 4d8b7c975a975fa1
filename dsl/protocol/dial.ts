/** Opens connections for protocol packages: by the options for names and addresses, one time limit over all steps, numbered failures. */

import { isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { CODE, classify, type Stage, timeoutFailure } from '../http/error-codes.ts';
import type { Transport } from '../http/transport.ts';
import type { Origin } from '../http/url.ts';
import { ProtocolError } from './protocol-error.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: no TLS. */
  readonly tls: ConnectionOptions | undefined;
  readonly timeoutMs: number;
  readonly transport: Transport;
  /** Called with the TCP socket before it connects. */
  readonly onSocket: (socket: Socket) => void;
  readonly signal: AbortSignal;
}

function originOf({ host, port, tls }: DialOptions): Origin {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return { href: '', secure: tls !== undefined, host, port, authority };
}

/** Rejects with a ProtocolError, or with the reason of the signal. */
export function dial(options: DialOptions): Promise<Socket> {
  const { host, port, tls, timeoutMs, transport, signal } = options;
  const origin = originOf(options);
  let stage: Stage = isIP(host) === 0 ? 'lookup' : 'connect';
  const socket = new Socket();
  options.onSocket(socket);
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let done = false;
    const settle = (): boolean => {
      if (done) return false;
      done = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      return true;
    };
    const fail = (error: Error): void => {
      // What is on the way of being closed may still report errors.
      socket.on('error', ignore);
      if (!settle()) return;
      socket.destroy();
      reject(error);
    };
    const broken = (error: unknown): void => {
      const { code, message } = classify(error, stage, origin);
      fail(new ProtocolError(code, message, { cause: error }));
    };
    const succeed = (stream: Socket): void => {
      if (!settle()) return;
      socket.off('error', broken);
      stream.off('error', broken);
      // An error without a listener would end the thread; packages that care listen as well.
      socket.on('error', ignore);
      stream.on('error', ignore);
      resolve(stream);
    };
    const aborted = (): void => fail(signal.reason as Error);
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    if (timeoutMs > 0) {
      timer = setTimeout(() => {
        const { code, message } = timeoutFailure(stage, timeoutMs, origin);
        fail(new ProtocolError(code, message));
      }, timeoutMs);
    }
    socket.on('error', broken);
    socket.once('close', () => fail(new ProtocolError(CODE.tcp, 'connection closed while it was opened')));
    socket.once('lookup', (error) => {
      if (error === null) stage = 'connect';
    });
    socket.once('connect', () => {
      if (tls === undefined) {
        succeed(socket);
        return;
      }
      stage = 'tls';
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const secure = connectTls({ host, ...servername, ...tls, socket });
      secure.on('error', broken);
      secure.once('secureConnect', () => succeed(secure));
      socket.once('close', () => secure.destroy());
    });
    try {
      const place = transport.reach(host, port);
      if (isIP(place.host) !== 0) stage = 'connect';
      socket.connect(place);
    } catch (error) {
      broken(error);
    }
  });
}

function ignore(): void {}
