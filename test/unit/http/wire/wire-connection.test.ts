import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import type { Series } from '../../../../dsl/host.ts';
import { MeteredSocket } from '../../../../dsl/http/metered-socket.ts';
import { StaleConnectionError } from '../../../../dsl/http/stale.ts';
import type { WireExchange, WireHandler } from '../../../../dsl/http/wire/exchange.ts';
import { beginReading } from '../../../../dsl/http/wire/send-turn.ts';
import { WireConnection } from '../../../../dsl/http/wire/wire-connection.ts';
import { onEachHead, rawServer, type TestServer } from '../../../helpers/servers.ts';
import { serving, tick } from '../harness.ts';

const nobody = { add: () => {} } as unknown as Series;
const GET: WireExchange = { method: 'GET', path: '/', headers: [], body: null, reset: false };
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** What a request was told. */
class Told implements WireHandler {
  readonly calls: string[] = [];
  body = '';
  error: Error | undefined;
  abort: (reason: Error) => void = () => {};
  resume: () => void = () => {};
  readonly done: Promise<this>;
  #settle!: (told: this) => void;
  readonly #on: Partial<Record<string, (told: Told) => unknown>>;

  /** `on`: what else is done at a call; what it returns for `data` is the handler's answer. */
  constructor(on: Partial<Record<string, (told: Told) => unknown>> = {}) {
    this.#on = on;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  #call(name: string): unknown {
    this.calls.push(name);
    return this.#on[name]?.(this);
  }

  onConnect(abort: (reason: Error) => void): void {
    this.abort = abort;
    this.#call('connect');
  }

  onRequestSent(): void {
    this.#call('sent');
  }

  onResponseStarted(): void {
    this.#call('started');
  }

  onHeaders(status: number, _headers: readonly Buffer[], resume: () => void): boolean {
    this.resume = resume;
    this.#call(String(status));
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1');
    if (this.calls.at(-1) === 'data') return this.#on.data?.(this) !== false;
    return this.#call('data') !== false;
  }

  onComplete(): void {
    this.#call('complete');
    this.#settle(this);
  }

  onError(error: Error): void {
    this.error = error;
    this.#call('error');
    this.#settle(this);
  }
}

interface Wire {
  readonly connection: WireConnection;
  readonly socket: MeteredSocket;
  readonly send: (request?: Partial<WireExchange>, told?: Told) => Promise<Told>;
}

/** `shared`: reads into the thread's buffer, as sockets of plain HTTP do. */
async function wire(server: TestServer, shared = true): Promise<Wire> {
  const socket = new MeteredSocket(nobody, nobody, shared);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const connection = new WireConnection(socket, `127.0.0.1:${server.port}`);
  return {
    connection,
    socket,
    send: (request = {}, told = new Told()) => {
      connection.dispatch({ ...GET, ...request }, told);
      return told.done;
    },
  };
}

const server = (onSocket: (socket: Socket) => void): Promise<TestServer> => serving(rawServer(onSocket));
/** Gives each request the same answer. */
const answering = (answer: string): Promise<TestServer> =>
  server((socket) => onEachHead(socket, () => socket.write(answer, 'latin1')));

/** Keeps what came in, piece by piece, and answers when `whole` has come. */
async function listening(whole: RegExp): Promise<{ server: TestServer; pieces: string[] }> {
  const pieces: string[] = [];
  const listener = await server((socket) => {
    let all = '';
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece.toString('latin1'));
      all += piece.toString('latin1');
      if (!whole.test(all)) return;
      all = '';
      socket.write(OK);
    });
  });
  return { server: listener, pieces };
}

test.each([true, false])('one request after the other, shared buffer %s', async (shared) => {
  const { send, socket } = await wire(await answering(OK), shared);
  for (let i = 0; i < 3; i++) {
    const told = await send();
    expect(told.calls).toEqual(['connect', 'sent', 'started', '200', 'data', 'complete']);
    expect(told.body).toBe('ok');
  }
  expect(socket.destroyed).toBe(false);
});

test('the next request can be sent from within the end of the last', async () => {
  const { connection } = await wire(await answering(OK));
  const second = new Told();
  connection.dispatch(GET, new Told({ complete: () => connection.dispatch(GET, second) }));
  expect((await second.done).body).toBe('ok');
});

test('what follows an answer leaves when all that has arrived is read, and not before', async () => {
  const { connection, send } = await wire(await answering(OK));
  const next = new Told();
  let atOnce: string[] | undefined;
  await send(
    {},
    new Told({
      complete: () => {
        connection.dispatch(GET, next);
        atOnce = [...next.calls];
      },
    }),
  );
  expect(atOnce).toEqual([]);
  expect((await next.done).calls).toEqual(['connect', 'sent', 'started', '200', 'data', 'complete']);
});

test.each([
  ['aborted', ({ connection }: Wire) => connection.destroy(new Error('over')), /over/],
  ['left without a connection', ({ socket }: Wire) => void socket.destroy(), /closed/],
])('a request that is %s while it waits was never sent', async (_, end, message) => {
  const { server: listener, pieces } = await listening(/never/);
  const opened = await wire(listener);
  beginReading();
  const told = opened.send();
  end(opened);
  const { calls, error } = await told;
  expect(calls).toEqual(['error']);
  expect(error?.message).toMatch(message);
  await tick(5);
  expect(pieces).toEqual([]);
});

test('one that cannot be sent is told so after its wait, and leaves the connection usable', async () => {
  const { send } = await wire(await answering(OK));
  beginReading();
  const { calls } = await send({
    method: 'POST',
    headers: ['content-length', '3'],
    body: Buffer.from('four'),
  });
  expect(calls).toEqual(['error']);
  expect((await send()).body).toBe('ok');
});

test('a request is one write: head, then body', async () => {
  const { server: to, pieces } = await listening(/\r\n\r\n(?:$|hello$)/);
  const { send } = await wire(to);
  await send({ path: '/a?b=c', headers: ['X-One', '1', 'x-two', ['2', '3']] });
  await send({ method: 'POST' });
  await send({ method: 'POST', body: Buffer.from('hello'), headers: ['host', 'other.test'] });
  await send({ method: 'DELETE', headers: ['connection', 'close'] });
  const host = `host: 127.0.0.1:${to.port}\r\n`;
  expect(pieces).toEqual([
    `GET /a?b=c HTTP/1.1\r\n${host}connection: keep-alive\r\nX-One: 1\r\nx-two: 2\r\nx-two: 3\r\n\r\n`,
    `POST / HTTP/1.1\r\n${host}connection: keep-alive\r\ncontent-length: 0\r\n\r\n`,
    'POST / HTTP/1.1\r\nhost: other.test\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello',
    `DELETE / HTTP/1.1\r\n${host}connection: close\r\n\r\n`,
  ]);
});

test('what is the same as in the last request is not taken for more than that', async () => {
  const { server: to, pieces } = await listening(/\r\n\r\n$/);
  const { send } = await wire(to);
  const headers = ['a', '1'];
  await send({ headers });
  await send({ headers, path: '/x' });
  await send({ headers, path: '/x', method: 'PUT' });
  await send({ headers: ['a', '2'], path: '/x', method: 'PUT' });
  await send({ headers: ['a', '2'], path: '/x', method: 'PUT', reset: true });
  expect(pieces.map((piece) => piece.replace(/host: .*?\r\n/, ''))).toEqual([
    'GET / HTTP/1.1\r\nconnection: keep-alive\r\na: 1\r\n\r\n',
    'GET /x HTTP/1.1\r\nconnection: keep-alive\r\na: 1\r\n\r\n',
    'PUT /x HTTP/1.1\r\nconnection: keep-alive\r\na: 1\r\ncontent-length: 0\r\n\r\n',
    'PUT /x HTTP/1.1\r\nconnection: keep-alive\r\na: 2\r\ncontent-length: 0\r\n\r\n',
    'PUT /x HTTP/1.1\r\nconnection: close\r\na: 2\r\ncontent-length: 0\r\n\r\n',
  ]);
});

test.each([
  [{ headers: ['a', 'b\r\nc: d'] }, /invalid header a/],
  [{ headers: ['a', 'b\nc'] }, /invalid header a/],
  [{ headers: ['a', 'b\0'] }, /invalid header a/],
  [{ headers: ['a', '\u{1f600}'] }, /invalid header a/],
  [{ headers: ['a', ['b', 'c\r\n']] }, /invalid header a/],
  [{ headers: ['a\r\nb', 'c'] }, /invalid header name/],
  [{ headers: ['a b', 'c'] }, /invalid header name/],
  [{ headers: ['', 'c'] }, /invalid header name/],
  [{ headers: ['Transfer-Encoding', 'chunked'] }, /invalid header Transfer-Encoding/],
  [{ headers: ['expect', '100-continue'] }, /invalid header expect/],
  [{ headers: ['upgrade', 'x'] }, /invalid header upgrade/],
  [{ headers: ['host', 'a', 'Host', 'b'] }, /given twice/],
  [{ headers: ['content-length', '1, 1'] }, /content-length/],
  [{ headers: ['content-length', '5'] }, /not as long/],
  [{ path: '/a b' }, /path/],
  [{ path: '/\r\nx' }, /path/],
  [{ path: '' }, /path/],
  [{ method: 'GET /x HTTP/1.1\r\n' }, /method/],
] as const)('%j is refused unsent, and the connection stays', async (request, message) => {
  const { server: to, pieces } = await listening(/\r\n\r\n$/);
  const { send } = await wire(to);
  const told = await send(request as Partial<WireExchange>);
  expect(told.calls).toEqual(['error']);
  expect(told.error).toMatchObject({ code: 'UND_ERR_INVALID_ARG', message: expect.stringMatching(message) });
  expect((await send()).body).toBe('ok');
  expect(pieces).toHaveLength(1);
});

test('a body of megabytes arrives as it is', async () => {
  let seen = 0;
  const size = 3_000_000;
  const to = await server((socket) => {
    socket.on('data', (piece: Buffer) => {
      seen += piece.length;
      if (piece.at(-1) === 0x21) socket.write(OK);
    });
  });
  const body = Buffer.alloc(size, 'x');
  body[size - 1] = 0x21;
  const { send } = await wire(to);
  await send({ method: 'POST', body });
  expect(seen).toBeGreaterThan(size);
  expect(seen).toBeLessThan(size + 200);
});

test.each([
  ['the server says so', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok', {}],
  ['it is HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', {}],
  ['the request says so', OK, { reset: true }],
  ['a header of the request says so', OK, { headers: ['Connection', 'Close'] }],
  ['more comes than the response', `${OK}!`, {}],
  [
    'the server keeps it too short',
    'HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok',
    {},
  ],
])('after a response a connection is closed when %s', async (_why, answer, request) => {
  const { send, socket } = await wire(await answering(answer));
  let openAtEnd = true;
  const told = await send(request, new Told({ complete: () => (openAtEnd = !socket.destroyed) }));
  expect(told.body).toBe('ok');
  expect(openAtEnd).toBe(false);
  expect((await send()).error).toBeInstanceOf(StaleConnectionError);
});

test.each([
  ['bytes', (socket: Socket) => socket.write('HTTP/1.1 408 Too late\r\n\r\n')],
  ['an end', (socket: Socket) => socket.end()],
  ['a reset', (socket: Socket) => socket.resetAndDestroy()],
])('%s on an idle connection closes it', async (_what, then) => {
  const to = await server((socket) =>
    onEachHead(socket, () => {
      socket.write(OK);
      setTimeout(() => then(socket), 20);
    }),
  );
  const { send, socket } = await wire(to);
  expect((await send()).error).toBeUndefined();
  await new Promise((resolve) => socket.once('close', resolve));
  expect((await send()).error).toBeInstanceOf(StaleConnectionError);
});

test.each([
  ['nothing', ''],
  ['half a head', 'HTTP/1.1 200 OK\r\ncont'],
  ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe'],
  ['half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe'],
])('the end of the connection after %s is an error, once', async (_what, answer) => {
  const { send } = await wire(await server((socket) => onEachHead(socket, () => socket.end(answer))));
  const told = await send();
  expect(told.error).toMatchObject({ code: 'UND_ERR_SOCKET' });
  await tick(10);
  expect(told.calls.filter((call) => call === 'error' || call === 'complete')).toEqual(['error']);
});

test('a reset is its own error, also in a body without length', async () => {
  const to = await server((socket) =>
    onEachHead(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\npart');
      setTimeout(() => socket.resetAndDestroy(), 20);
    }),
  );
  expect((await (await wire(to)).send()).error).toMatchObject({ code: 'ECONNRESET' });
});

test('a body without length ends with the connection', async () => {
  const { send } = await wire(
    await server((socket) => onEachHead(socket, () => socket.end('HTTP/1.1 200 OK\r\n\r\nall'))),
  );
  expect(await send()).toMatchObject({ body: 'all', error: undefined });
});

test.each(['connect', 'sent', 'started', '200', 'data'])(
  'aborted at %s, nothing more is told',
  async (at) => {
    const to = await answering(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n',
    );
    const { send, socket } = await wire(to);
    const reason = new Error('enough');
    const told = await send({}, new Told({ [at]: (it) => it.abort(reason) }));
    expect(told.error).toBe(reason);
    const { calls } = told;
    // The write itself is over before anybody can abort in it.
    expect(calls.slice(calls.indexOf(at) + 1).filter((call) => call !== 'sent')).toEqual(['error']);
    expect(socket.destroyed).toBe(true);
    told.abort(new Error('again'));
    expect(told.error).toBe(reason);
  },
);

test('an abort of a request that has ended leaves the connection alone', async () => {
  const { send, socket } = await wire(await answering(OK));
  const first = await send();
  first.abort(new Error('too late'));
  expect(socket.destroyed).toBe(false);
  expect((await send()).body).toBe('ok');
});

test('an error of the handler ends its request', async () => {
  for (const at of ['200', 'data', 'complete']) {
    const { send } = await wire(await answering(OK));
    const told = new Told({
      [at]: () => {
        throw new Error(`at ${at}`);
      },
    });
    expect((await send({}, told)).error?.message).toBe(`at ${at}`);
  }
});

test.each([true, false])('a paused response stops the server, shared buffer %s', async (shared) => {
  const size = 64_000_000;
  let written = 0;
  const to = await server((socket) =>
    onEachHead(socket, () => {
      const chunk = Buffer.alloc(1_000_000, 'x');
      const more = (): void => {
        while (written < size) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', more);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
      more();
    }),
  );
  const { connection } = await wire(to, shared);
  let received = 0;
  let paused = true;
  const told = new Told();
  told.onData = (chunk) => {
    received += chunk.length;
    return !paused;
  };
  connection.dispatch(GET, told);
  await tick(150);
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThan(1_000_000);
  expect(written).toBeLessThan(size);
  paused = false;
  told.resume();
  expect((await told.done).error).toBeUndefined();
  expect(received).toBe(size);
});

test('a stream is sent in chunks, or as it is when its length was given', async () => {
  const { server: to, pieces } = await listening(/0\r\n\r\n$|defg$/);
  const { send } = await wire(to);
  const source = (): Readable => Readable.from([Buffer.from('abc'), '', 'defg'], { objectMode: true });
  const told = await send({ method: 'POST', body: source() });
  expect(told.calls.slice(0, 3)).toEqual(['connect', 'sent', 'started']);
  expect(pieces.join('')).toMatch(/transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n$/);
  pieces.length = 0;
  await send({ method: 'POST', body: source(), headers: ['content-length', '7'] });
  expect(pieces.join('')).toMatch(/content-length: 7\r\n\r\nabcdefg$/);
});

test.each([
  ['too short', ['content-length', '9'], /shorter/],
  ['too long', ['content-length', '2'], /longer/],
])('a stream that is %s for its length ends the request', async (_what, headers, message) => {
  const { send, socket } = await wire(await server((peer) => void peer.resume()));
  const told = await send({ method: 'POST', body: Readable.from([Buffer.from('abc')]), headers });
  expect(told.error?.message).toMatch(message);
  expect(socket.destroyed).toBe(true);
});

test.each([
  ['fails', (source: Readable) => source.destroy(new Error('no more')), /no more/],
  ['is closed', (source: Readable) => source.destroy(), /closed before its end/],
  ['gives objects', (source: Readable) => source.push({}), /stream of objects/],
])('a stream that %s ends the request', async (_what, then, message) => {
  const { send } = await wire(await server((peer) => void peer.resume()));
  const source = new Readable({ objectMode: true, read() {} });
  source.push(Buffer.from('abc'));
  setTimeout(() => then(source), 10);
  expect((await send({ method: 'POST', body: source })).error?.message).toMatch(message);
});

test('an answer before the end of a stream ends the request, and closes the connection', async () => {
  const { send, socket } = await wire(await answering('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n'));
  const source = new Readable({ read() {} });
  source.push('abc');
  const told = await send({ method: 'POST', body: source });
  expect(told.calls).toEqual(['connect', 'started', '413', 'complete']);
  expect(socket.destroyed).toBe(true);
  expect(source.listenerCount('data')).toBe(0);
});

test('a stream waits while the socket is full', async () => {
  const to = await server((socket) => void socket.pause());
  const { connection, socket } = await wire(to);
  let given = 0;
  const source = new Readable({
    read() {
      given += 100_000;
      this.push(Buffer.alloc(100_000));
    },
  });
  connection.dispatch({ ...GET, method: 'POST', body: source }, new Told());
  await tick(150);
  expect(socket.writableNeedDrain).toBe(true);
  const before = given;
  await tick(50);
  expect(given).toBe(before);
  connection.destroy(new Error('done'));
  source.destroy();
});

test("the server's keep-alive hint closes the connection before the server does, however often it was used", async () => {
  const { send, socket } = await wire(
    await answering('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok'),
  );
  for (let i = 0; i < 5; i++) {
    await send();
    await tick(150);
  }
  // 750 ms after the first response, 150 after the last one.
  expect(socket.destroyed).toBe(false);
  const before = performance.now();
  await once(socket, 'close');
  expect(performance.now() - before).toBeGreaterThan(200);
  expect(performance.now() - before).toBeLessThan(850);
});
