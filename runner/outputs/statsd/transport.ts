/**
 * How packets get to a StatsD server. Neither way is answered: what a server drops, it drops unseen. What can be seen is
 * said: a name that does not resolve, a port of UDP that the host says is closed, a connection that cannot be made or
 * breaks.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { failureOf } from '../../../dsl/failure.ts';
import { RetryableError } from '../output.ts';

export interface StatsdTransport {
  send(packets: readonly Buffer[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * A socket's buffer of 208 KB, Linux's default, holds some 90 packets of this size. Ten every 5 ms are 2,000 a second:
 * a server that reads at all keeps up with that.
 */
const BURST = 10;
const BURST_PAUSE_MS = 5;

/** What a host needs to say that a port is closed; on a network it takes a round trip. */
const REFUSAL_MS = 20;

export class UdpTransport implements StatsdTransport {
  readonly #host: string;
  readonly #port: number;
  #socket: UdpSocket | undefined;
  /** Of an earlier packet: the host's refusal comes after the sending. */
  #refused: Error | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async send(packets: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const socket = this.#socket ?? (await this.#open());
    this.#refused = undefined;
    for (const [i, packet] of packets.entries()) {
      if (i > 0 && i % BURST === 0) await pause(BURST_PAUSE_MS, undefined, { signal });
      socket.send(packet, (error) => {
        if (error !== null) this.#refused = error;
      });
    }
    await pause(REFUSAL_MS, undefined, { signal });
    const refused = this.#refused as Error | undefined;
    if (refused !== undefined) throw new Error(`nothing listens there: ${failureOf(refused).message}`);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Connected, so that the kernel passes on that a port is closed. */
  async #open(): Promise<UdpSocket> {
    try {
      const { address, family } = await lookup(this.#host);
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      socket.unref();
      socket.on('error', (error) => {
        this.#refused = error;
      });
      socket.connect(this.#port, address);
      await once(socket, 'connect');
      this.#socket = socket;
      return socket;
    } catch (error) {
      throw new RetryableError(failureOf(error).message, { cause: error });
    }
  }
}

const LINE_BREAK = Buffer.from('\n');

export class TcpTransport implements StatsdTransport {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async send(packets: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const socket = this.#socket ?? (await this.#open(signal));
    const bytes = Buffer.concat(packets.flatMap((packet) => [packet, LINE_BREAK]));
    const written = new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    const stop = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await written;
      // Of a socket that was destroyed meanwhile, Node.js calls back as if all were written.
      if (socket.errored !== null) throw socket.errored;
    } catch (error) {
      socket.destroy();
      throw new Error(failureOf(error).message, { cause: error });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What was written is still delivered. */
  close(): void {
    this.#socket?.end();
    this.#socket = undefined;
  }

  async #open(signal: AbortSignal): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    try {
      await once(socket, 'connect', { signal });
    } catch (error) {
      socket.destroy();
      const reason = signal.aborted ? (signal.reason as Error).message : failureOf(error).message;
      throw new RetryableError(reason, { cause: error });
    }
    socket.unref();
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.#socket = socket;
    return socket;
  }
}
