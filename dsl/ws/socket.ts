/**
 * An open WebSocket: what arrives goes to who waits for it, what is waited for has a limit, and whatever ends it is
 * told to everybody once.
 *
 *     message -> a request whose matcher takes it -> listeners and the reader that waits longest -> unread
 *
 *     open -- close(), leave() -----> closing -- close frame, or 5 s --> closed
 *       \---- close frame, break, no pong, terminate() -------------------^
 *
 * Reading from the network stops while the inbox is full and nobody waits for an answer, a pong or the end: the
 * other side then feels it, as it would with a slow user.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Duration } from '../duration.ts';
import { InterruptedError } from '../errors.ts';
import { CODE, type Failure } from '../http/error-codes.ts';
import type { MeteredSocket } from '../http/metered-socket.ts';
import type { Target } from '../http/url.ts';
import { Inbox } from '../inbox.ts';
import { readMs, readObject } from '../params.ts';
import { Roster } from '../roster.ts';
import { counted, type Pending, rejectAll, Wait } from '../wait.ts';
import { brokenSocket, closedByError, WS_CODE, WsError } from './errors.ts';
import { Listeners } from './listeners.ts';
import { Message } from './message.ts';
import { type WsPlan, wsHref } from './params.ts';
import { encodePayload } from './payload.ts';
import { Requests } from './requests.ts';
import type { WsSamples } from './samples.ts';
import type { WsClosure, WsEvents, WsMessage, WsPayload, WsRequestParams, WsSocket } from './types.ts';
import { CLOSE_MS, LEAVE_MS, type Leavable, type WsWorld } from './world.ts';

/** Once so many bytes wait for the network, `send` waits as well. */
const HIGH_WATER = 1024 * 1024;
/** Timers may be this early. */
const TIMER_SLACK_MS = 20;

const DONE = Promise.resolve();
const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
const REQUEST_KEYS = ['match', 'timeout', 'name'] as const;

export interface SocketInit {
  readonly world: WsWorld;
  readonly plan: WsPlan;
  readonly target: Target;
  readonly samples: WsSamples;
  readonly socket: WebSocket;
  readonly metered: MeteredSocket;
  /** What the WebSocket is spoken over: `metered`, or TLS over it. */
  readonly stream: Duplex;
  readonly headers: IncomingHttpHeaders;
}

export class OpenSocket implements WsSocket, Leavable {
  readonly #world: WsWorld;
  readonly #plan: WsPlan;
  readonly #target: Target;
  readonly #samples: WsSamples;
  readonly #socket: WebSocket;
  readonly #metered: MeteredSocket;
  readonly #stream: Duplex;
  readonly #headers: IncomingHttpHeaders;
  readonly #openedAt = performance.now();
  /** Everything that is waited for here, readers included. */
  readonly #pending = new Roster<Pending>();
  readonly #inbox = new Inbox<WsMessage>(this.#pending);
  readonly #requests = new Requests();
  #pings: Map<string, Wait<number>> | undefined;
  #pingCount = 0;
  #endWaits: Wait<WsClosure>[] = [];
  #listeners: Listeners | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #cut: NodeJS.Timeout | undefined;
  /** When this side began to close: 0 not yet. */
  #closingAt = 0;
  #terminated = false;
  /** Whether the script ever read: one that only waits for the end must get it, unread messages or not. */
  #reads = false;
  #error: WsError | undefined;
  #closure: WsClosure | undefined;

  constructor(init: SocketInit) {
    this.#world = init.world;
    this.#plan = init.plan;
    this.#target = init.target;
    this.#samples = init.samples;
    this.#socket = init.socket;
    this.#metered = init.metered;
    this.#stream = init.stream;
    this.#headers = init.headers;
    const socket = init.socket;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', (data: Buffer) => this.#onPong(data));
    socket.on('ping', (data: Buffer) => this.#listeners?.emit('ping', data));
    socket.on('error', (error) => this.#onError(error));
    socket.once('close', (code, reason) => this.#onClose(code, reason.toString()));
    this.#world.sockets.add(this);
    const { heartbeatMs } = init.plan;
    if (heartbeatMs > 0) this.#heartbeat = setInterval(() => this.#beat(heartbeatMs), heartbeatMs);
  }

  get url(): string {
    return wsHref(this.#target);
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get headers(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#headers)) {
      if (value !== undefined) shown[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    return shown;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get unread(): number {
    return this.#inbox.unread;
  }

  get keep(): boolean {
    return this.#plan.keep;
  }

  send(payload: WsPayload): Promise<void> {
    const data = encodePayload(payload);
    const refused = this.#refusal();
    if (refused !== undefined) return refused;
    const socket = this.#socket;
    this.#samples.open.messagesSent.add(1);
    if (socket.bufferedAmount < HIGH_WATER) {
      socket.send(data);
      this.#meter();
      return DONE;
    }
    const { timeoutMs } = this.#plan;
    const wait = new Wait<void>(this.#pending, timeoutMs, () =>
      this.#expired(`sending timed out after ${timeoutMs} ms`),
    );
    // What ended the socket rejects the wait; ws's own error would only repeat it.
    socket.send(data, (error) => {
      if (error === undefined || error === null) wait.resolve();
    });
    this.#meter();
    return wait.promise;
  }

  receive(timeout?: Duration): Promise<WsMessage> {
    return counted(this.#receive(readMs('ws receive', 'timeout', timeout, this.#plan.timeoutMs)));
  }

  async #receive(ms: number): Promise<WsMessage> {
    if (this.#world.host.interrupted) throw new InterruptedError();
    const message = await this.#read(ms, () => this.#expired(`no message came within ${ms} ms`));
    if (message === undefined) throw this.#closedWhile('a message');
    return message;
  }

  async tryReceive(timeout: Duration): Promise<WsMessage | undefined> {
    const ms = readMs('ws tryReceive', 'timeout', timeout, 0);
    if (this.#world.host.interrupted) throw new InterruptedError();
    const silence = new WsError('silence', CODE.timeout);
    if (ms === 0 && this.#inbox.unread === 0) return undefined;
    try {
      return await this.#read(ms, () => silence);
    } catch (error) {
      if (error === silence) return undefined;
      throw error;
    }
  }

  request(payload: WsPayload, params?: WsRequestParams): Promise<WsMessage> {
    const given = readObject<WsRequestParams>('ws request', params, REQUEST_KEYS);
    const ms = readMs('ws request', 'timeout', given.timeout, this.#plan.timeoutMs);
    const data = encodePayload(payload);
    const refused = this.#refusal();
    if (refused !== undefined) return refused;
    const wait = new Wait<WsMessage>(this.#pending, ms, () => {
      this.#requests.remove(wait);
      this.#pauseWhileFull();
      return this.#expired(`no answer came within ${ms} ms`);
    });
    this.#requests.add({ wait, match: given.match, name: given.name });
    this.#samples.open.messagesSent.add(1);
    this.#socket.send(data);
    this.#meter();
    this.#resume();
    return wait.promise;
  }

  ping(timeout?: Duration): Promise<number> {
    const ms = readMs('ws ping', 'timeout', timeout, this.#plan.timeoutMs);
    const refused = this.#refusal();
    if (refused !== undefined) return refused;
    return this.#ping(ms, () =>
      this.#counted({ code: WS_CODE.noPong, message: `no pong came within ${ms} ms` }),
    );
  }

  close(code = 1000, reason = ''): Promise<WsClosure> {
    if (this.#closure === undefined && this.#closingAt === 0) {
      // Throws for codes that must not be sent (1005, 1006, …) and reasons of more than 123 bytes.
      this.#socket.close(code, reason);
      this.#closingAt = performance.now();
      this.#resume();
    }
    return this.closed;
  }

  terminate(): void {
    this.#terminated = true;
    this.#socket.terminate();
  }

  get closed(): Promise<WsClosure> {
    if (this.#closure !== undefined) return Promise.resolve(this.#closure);
    if (this.#world.host.interrupted) return Promise.reject(new InterruptedError());
    const wait = new Wait<WsClosure>(this.#pending);
    this.#endWaits.push(wait);
    if (!this.#reads) this.#resume();
    return wait.promise;
  }

  on<E extends keyof WsEvents>(event: E, listener: WsEvents[E]): () => void {
    this.#listeners ??= new Listeners();
    const remove = this.#listeners.add(event, listener);
    if (event === 'message') {
      // What came before the listener is its own too.
      for (const message of this.#inbox.drain()) this.#listeners.emit('message', message);
      this.#resume();
    }
    return remove;
  }

  /** Breaking out of the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterator<WsMessage> {
    const { idleTimeoutMs } = this.#plan;
    const expired = (): Error => this.#expired(`no message came within ${idleTimeoutMs} ms`);
    return {
      next: async () => {
        if (this.#world.host.interrupted) throw new InterruptedError();
        const message = await this.#read(idleTimeoutMs, expired);
        return message === undefined ? END : { done: false, value: message };
      },
      return: () => Promise.resolve(END),
    };
  }

  interrupt(reason: Error): void {
    this.#requests.clear();
    rejectAll(this.#pending, reason);
    if (!this.keep) void this.leave('the iteration was interrupted');
  }

  leave(reason: string): Promise<void> {
    if (this.#closure !== undefined) return Promise.resolve();
    if (this.#closingAt === 0) {
      this.#closingAt = performance.now();
      // A browser that leaves a page says the same.
      this.#socket.close(1001, reason);
    }
    this.#inbox.drain();
    this.#resume();
    this.#cutAfter(LEAVE_MS);
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
    });
  }

  #cutAfter(ms: number): void {
    this.#cut ??= setTimeout(() => this.terminate(), ms);
  }

  /** Why nothing can be sent now. */
  #refusal(): Promise<never> | undefined {
    if (this.isOpen && !this.#world.host.interrupted) return undefined;
    const error = this.#world.host.interrupted
      ? new InterruptedError()
      : (this.#error ?? this.#counted({ code: WS_CODE.notOpen, message: 'the socket is closed' }));
    return counted(Promise.reject(error));
  }

  #read(timeoutMs: number, expired: () => Error): Promise<WsMessage | undefined> {
    this.#reads = true;
    const message = this.#inbox.read(timeoutMs, expired);
    // At half, so that reading does not stop and go on with every message.
    if (this.#inbox.unread * 2 <= this.#plan.buffer) this.#resume();
    return message;
  }

  #ping(timeoutMs: number, expired: () => Error): Promise<number> {
    const key = String(++this.#pingCount);
    const wait = new Wait<number>(this.#pending, timeoutMs, () => {
      this.#pings?.delete(key);
      this.#pauseWhileFull();
      return expired();
    });
    this.#pings ??= new Map();
    this.#pings.set(key, wait);
    this.#socket.ping(key);
    this.#meter();
    this.#resume();
    return wait.promise;
  }

  #beat(everyMs: number): void {
    // While we do not read, a missing pong says nothing about the other side.
    if (!this.isOpen || this.#socket.isPaused) return;
    void this.#ping(everyMs, () => {
      const error = this.#counted({
        code: WS_CODE.noPong,
        message: `no pong came within ${everyMs} ms of a heartbeat`,
      });
      this.#error ??= error;
      this.#socket.terminate();
      return error;
    });
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#samples.open.messagesReceived.add(1);
    this.#meter();
    // A Buffer, as `binaryType` is left alone.
    const message = new Message(data as Buffer, isBinary, performance.now());
    if (this.#requests.size > 0 && this.#answers(message)) return;
    const heard = this.#listeners?.hearMessages === true;
    if (heard) this.#listeners?.emit('message', message);
    if (this.#inbox.offer(message) || heard) return;
    const { buffer } = this.#plan;
    if (this.#inbox.unread >= buffer && (this.#closingAt !== 0 || this.#awaitsEndOnly || buffer === 0))
      return;
    this.#inbox.keep(message);
    this.#pauseWhileFull();
  }

  #answers(message: WsMessage): boolean {
    const request = this.#requests.take(message);
    if (request === undefined) return false;
    const { wait, name } = request;
    this.#samples.roundTrip(name).add(message.receivedAt - wait.startedAt);
    wait.resolve(message);
    this.#pauseWhileFull();
    return true;
  }

  #onPong(data: Buffer): void {
    this.#listeners?.emit('pong', data);
    const wait = this.#pings?.get(data.toString());
    if (wait === undefined) return;
    this.#pings?.delete(data.toString());
    const ms = performance.now() - wait.startedAt;
    this.#samples.open.ping.add(ms);
    wait.resolve(ms);
    this.#pauseWhileFull();
  }

  #onError(cause: Error): void {
    // A close that the other side answers by resetting the connection is rude, but the end that was asked for.
    if (this.#closingAt !== 0 && 'syscall' in cause) return;
    if (this.#error !== undefined) return;
    this.#error = this.#counted(brokenSocket(cause, this.#target.origin));
    this.#listeners?.emit('error', this.#error);
    this.#cutAfter(LEAVE_MS);
  }

  #onClose(code: number, reason: string): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#cut);
    const now = performance.now();
    this.#error ??= this.#endFailure(code, reason, now);
    const error = this.#error;
    const closure = { code, reason, clean: error === undefined && code !== 1006, error };
    this.#closure = closure;
    this.#world.sockets.delete(this);
    this.#samples.open.duration.add(now - this.#openedAt);
    this.#meter();
    for (const wait of this.#endWaits) wait.resolve(closure);
    this.#endWaits = [];
    this.#inbox.end(error);
    this.#requests.clear();
    if (this.#pending.size > 0) rejectAll(this.#pending, error ?? this.#closedWhile('an answer'));
    this.#listeners?.emit('close', closure);
  }

  /** Counts an end that is none of the orderly ones. */
  #endFailure(code: number, reason: string, now: number): WsError | undefined {
    if (this.#terminated) return undefined;
    if (this.#closingAt !== 0) {
      if (code !== 1006 || now - this.#closingAt < CLOSE_MS - TIMER_SLACK_MS) return undefined;
      const message = `the other side did not answer the close frame within ${CLOSE_MS} ms`;
      return this.#counted({ code: WS_CODE.closeTimeout, message });
    }
    if (code === 1006) {
      // The ws package keeps a broken connection to itself.
      const { errored } = this.#stream;
      if (errored !== null) return this.#counted(brokenSocket(errored, this.#target.origin));
      const message = 'the connection ended without a close frame (1006)';
      return this.#counted({ code: WS_CODE.abnormal, message });
    }
    const failure = closedByError(code, reason);
    return failure === undefined ? undefined : this.#counted(failure);
  }

  #closedWhile(what: string): WsError {
    if (this.#error !== undefined) return this.#error;
    const message = `the socket was closed (${this.#closure?.code ?? 1006}) while ${what} was waited for`;
    return this.#counted({ code: WS_CODE.closedWaiting, message });
  }

  #expired(message: string): WsError {
    return this.#counted({ code: CODE.timeout, message });
  }

  #counted(failure: Failure): WsError {
    this.#samples.failed(this.#world.host, failure, 101);
    return new WsError(`${this.#samples.label}: ${failure.message}`, failure.code, 101);
  }

  #meter(): void {
    this.#metered.meter(this.#samples.sent, this.#samples.received);
  }

  #pauseWhileFull(): void {
    const { buffer } = this.#plan;
    if (buffer === 0 || this.#inbox.unread < buffer || this.#closingAt !== 0 || !this.isOpen) return;
    if (this.#requests.size > 0 || (this.#pings?.size ?? 0) > 0 || this.#awaitsEndOnly) return;
    if (this.#socket.isPaused) return;
    this.#socket.pause();
    this.#world.warnOfUnread(this.#samples.label, buffer);
  }

  get #awaitsEndOnly(): boolean {
    return this.#endWaits.length > 0 && !this.#reads;
  }

  #resume(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }
}
