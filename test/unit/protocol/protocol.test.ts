import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { create, type ProtocolModule } from '../../../dsl/protocol/part.ts';
import { ProtocolError } from '../../../dsl/protocol/protocol-error.ts';
import { FakeHost } from '../../helpers/host.ts';
import { rawServer, selfSigned, type TestServer } from '../../helpers/servers.ts';

interface Vu extends ProtocolModule {
  readonly host: FakeHost;
}

/** A VU; `load` is what its module code does. */
function loading<T>(load: (vu: Vu) => T): { host: FakeHost; made: T } {
  const host = new FakeHost();
  host.initializing = true;
  const made = load({ host, ...create(host) });
  host.initializing = false;
  onTestFinished(() => host.retire());
  return { host, made };
}

const echo = (name = 'echo') =>
  loading(({ defineProtocol }) =>
    defineProtocol({
      name,
      metrics: { hits: 'rate', depth: { type: 'gauge', unit: 'count', split: 'scenario' } },
    }),
  );

async function server(onSocket: (socket: Socket) => unknown): Promise<TestServer> {
  const started = await rawServer(onSocket);
  onTestFinished(() => started.close());
  return started;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Settles when one chunk has arrived. */
function answer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}

describe('an exchange', () => {
  test('is counted, timed and tagged', async () => {
    const { host, made } = echo();
    const result = await made.exchange({ name: 'PING', tags: { shard: 3 } }, async (exchange) => {
      await wait(40);
      exchange.begin();
      await wait(20);
      exchange.tag('status', 'OK');
      return 'pong';
    });
    expect(result).toBe('pong');
    expect(host.values('echo_reqs')).toEqual([1]);
    expect(host.values('echo_req_failed')).toEqual([0]);
    const [ms] = host.values('echo_req_duration');
    expect(ms).toBeGreaterThanOrEqual(19);
    // What went before begin() is not part of it.
    expect(ms).toBeLessThan(59);
    expect(host.tagsOf('echo_reqs')).toEqual([
      { scenario: 'default', name: 'PING', shard: '3', status: 'OK' },
    ]);
  });

  test('that fails without an answer has no time', async () => {
    const { host, made } = echo();
    const error = new ProtocolError(10_001, 'out of order');
    await expect(made.exchange({ name: 'PING' }, () => Promise.reject(error))).rejects.toBe(error);
    expect(host.values('echo_req_failed')).toEqual([1]);
    expect(host.values('echo_req_duration')).toEqual([]);
    expect(host.counted).toEqual([{ label: 'echo PING', code: 10_001, message: 'out of order' }]);
    expect(host.tagsOf('echo_reqs')[0]).toMatchObject({ error_code: '10001' });
  });

  test('that was answered with an error has one', async () => {
    const { host, made } = echo();
    const refuse = (): never => {
      throw new ProtocolError(10_002, 'refused', { answered: true });
    };
    await expect(made.exchange({ name: 'PING' }, refuse)).rejects.toThrow('refused');
    expect(host.values('echo_req_duration')).toHaveLength(1);
  });

  test('ends at its time limit and tells the work', async () => {
    const { host, made } = echo();
    let aborted = false;
    const late = made.exchange({ name: 'PING', timeout: '40ms' }, ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return wait(5000);
    });
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError', code: 1050 });
    expect(aborted).toBe(true);
    expect(host.counted).toEqual([
      { label: 'echo PING', code: 1050, message: 'request timed out after 40 ms' },
    ]);
  });

  test('that is interrupted rejects and counts nowhere', async () => {
    const { host, made } = echo();
    const deaf = made.exchange({ name: 'PING' }, () => wait(5000));
    setTimeout(() => host.interrupt(new InterruptedError()), 20);
    await expect(deaf).rejects.toBeInstanceOf(InterruptedError);
    await expect(made.exchange({ name: 'PING' }, () => 1)).rejects.toBeInstanceOf(InterruptedError);
    expect(made.interrupted).toBe(true);
    expect(host.samples).toEqual([]);
    expect(host.counted).toEqual([]);
  });
});

describe('a connection', () => {
  test('is counted to the byte, and closed with its VU', async () => {
    const peer = await server((socket) =>
      socket.on('data', (chunk) => socket.write(Buffer.concat([chunk, chunk]))),
    );
    const { host, made } = echo();
    const socket = await made.connect({ host: '127.0.0.1', port: peer.port });
    const text = await made.exchange({ name: 'TWICE' }, () => {
      socket.write('12345');
      return answer(socket);
    });
    expect(text).toBe('1234512345');
    expect(host.sum('data_sent')).toBe(5);
    expect(host.sum('data_received')).toBe(10);
    expect(peer.open.size).toBe(1);
    await host.retire();
    await peer.idle();
  });

  test('that cannot be made has the number of HTTP', async () => {
    const { made } = echo();
    const refused = await server(() => undefined);
    await refused.close();
    await expect(made.connect({ host: '127.0.0.1', port: refused.port })).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 1212,
    });
    await expect(made.connect({ host: 'nowhere.invalid', port: 1 })).rejects.toMatchObject({
      code: expect.toSatisfy((code: number) => code === 1100 || code === 1101),
    });
  });

  test('is given up at its time limit and when the iteration is interrupted', async () => {
    // A TLS handshake that nobody answers.
    const silent = await server((socket) => socket.resume());
    const { host, made } = echo();
    const target = { host: '127.0.0.1', port: silent.port, tls: true };
    await expect(made.connect({ ...target, timeout: 50 })).rejects.toMatchObject({ code: 1050 });
    const cut = made.connect(target);
    setTimeout(() => host.interrupt(new InterruptedError()), 30);
    await expect(cut).rejects.toBeInstanceOf(InterruptedError);
    await silent.idle();
  });

  test('over TLS verifies the certificate unless told otherwise', async () => {
    const secure = createTlsServer(selfSigned('DNS:localhost,IP:127.0.0.1'), (socket) => socket.end('hi'));
    secure.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void secure.close());
    const { port } = secure.address() as { port: number };
    const { made } = echo();
    await expect(made.connect({ host: '127.0.0.1', port, tls: true })).rejects.toMatchObject({ code: 1310 });
    const socket = await made.connect({ host: '127.0.0.1', port, tls: { rejectUnauthorized: false } });
    expect(await answer(socket)).toBe('hi');
  });

  test('of a library is adopted', async () => {
    const peer = await server((socket) => socket.end('bye'));
    const { host, made } = echo();
    const socket = connectTcp(peer.port, '127.0.0.1');
    made.adopt(socket);
    expect(await answer(socket)).toBe('bye');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(host.sum('data_received')).toBe(3);
    made.countBytes({ sent: 7 });
    expect(host.sum('data_sent')).toBe(7);
  });
});

describe('what a protocol declares', () => {
  test('metrics of its own, under its prefix', () => {
    const { host, made } = echo();
    made.metrics.hits.add(1, { name: 'GET' });
    made.metrics.depth.add(12);
    expect(host.samples).toEqual([
      { metric: 'echo_hits', tags: { scenario: 'default', name: 'GET' }, value: 1 },
      { metric: 'echo_depth', tags: { scenario: 'default' }, value: 12 },
    ]);
  });

  test('is refused where it cannot be', () => {
    expect(() => echo('Echo')).toThrow('is not made of lower-case letters');
    expect(() => echo('http_two')).toThrow("metrics that begin with http_ are Brunt's own");
    const { host } = echo();
    expect(() => create(host).defineProtocol({ name: 'late' })).toThrow('must stand in module code');
  });

  test('sends nothing while the script loads', async () => {
    const { made } = loading(({ defineProtocol }) => {
      const protocol = defineProtocol({ name: 'early' });
      return protocol.exchange({ name: 'PING' }, () => 1);
    });
    await expect(made).rejects.toThrow('cannot be sent while the script loads');
  });

  test('listeners are told of the life of a VU', async () => {
    const { host, made } = echo();
    const told: string[] = [];
    made.onInterrupt(() => told.push('interrupted'));
    made.onIterationEnd(() => told.push('iteration'));
    made.onRetire(() => {
      told.push('retired');
    });
    host.interrupt(new InterruptedError());
    host.endIteration();
    await host.retire();
    expect(told).toEqual(['interrupted', 'iteration', 'retired']);
  });
});
