import { execFile } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { RedisError } from '../../../dsl/redis/error-codes.ts';
import { relay } from '../../helpers/relay.ts';
import { selfSigned } from '../../helpers/servers.ts';
import { freePort, startRedis } from '../../helpers/services.ts';
import { rejection, tick } from '../sql/harness.ts';
import { vu } from './harness.ts';

test('commands against a real Redis: replies, hits, batches, errors, limits, faults', {
  timeout: 30_000,
}, async (context) => {
  const server = await startRedis(context);
  const { url } = server;

  // Replies, and what is measured of them.
  {
    const { cache, host } = vu(url);
    expect(await cache.ping()).toBe('PONG');
    expect(await cache.get('a')).toBeNull();
    expect(await cache.set('a', 'one')).toBe(true);
    expect(await cache.set('a', 'two', { onlyIf: 'absent' })).toBe(false);
    expect(await cache.get('a')).toBe('one');
    expect(await cache.set('n', 41, { ttl: '10s' })).toBe(true);
    expect(await cache.incr('n')).toBe(42);
    expect(await cache.decr('n', 2)).toBe(40);
    expect(await cache.command<number>(['PTTL', 'n'])).toBeGreaterThan(9000);
    expect(await cache.expire('a', '5s')).toBe(true);
    expect(await cache.expire('none', 100)).toBe(false);
    await cache.mset({ x: 1, y: Buffer.from('bytes') });
    expect(await cache.mget(['x', 'y', 'z'])).toEqual(['1', 'bytes', null]);
    expect(await cache.hset('h', { f: 'v', g: 2 })).toBe(2);
    expect(await cache.hget('h', 'f')).toBe('v');
    expect(await cache.hgetall('h')).toEqual({ f: 'v', g: '2' });
    expect(await cache.lpush('l', 'a', 'b')).toBe(2);
    expect(await cache.rpop('l')).toBe('a');
    expect(await cache.sadd('s', 'm')).toBe(1);
    expect(await cache.smembers('s')).toEqual(['m']);
    expect(await cache.zadd('z', { low: 1, high: 2 })).toBe(2);
    expect(await cache.zrange('z', 0, -1)).toEqual(['low', 'high']);
    expect(await cache.eval('return {KEYS[1], ARGV[1]}', { keys: ['k'], args: [7] })).toEqual(['k', '7']);
    expect(await cache.del('a', 'none')).toBe(1);
    expect(await cache.exists('a', 'x')).toBe(1);
    expect(host.sum('redis_reqs')).toBe(25);
    expect(host.sum('redis_commands')).toBe(25);
    expect(host.values('redis_req_duration')).toHaveLength(25);
    expect(host.values('redis_req_failed').every((value) => value === 0)).toBe(true);
    expect(host.values('redis_connecting')).toHaveLength(1);
    // GET miss, GET hit, MGET hit hit miss, HGET hit.
    expect(host.values('redis_hits')).toEqual([0, 1, 1, 1, 0, 1]);
    expect(host.tagsOf('redis_reqs')[1]).toMatchObject({ name: 'GET', method: 'GET', proto: 'redis' });
    expect(host.sum('data_sent')).toBeGreaterThan(500);
    expect(host.sum('data_received')).toBeGreaterThan(100);
    await cache.with({ name: 'session', tags: { kind: 'k' } }).get('x');
    expect(host.tagsOf('redis_reqs').at(-1)).toMatchObject({ name: 'session', method: 'GET', kind: 'k' });
  }

  // A pipeline and a transaction are one request each, of several commands.
  {
    const { cache, host } = vu(url);
    expect(await cache.pipeline().set('p', 1).incr('p').get('p').get('absent').exec()).toEqual([
      true,
      2,
      '2',
      null,
    ]);
    expect(await cache.multi().incr('p').hgetall('h').exec()).toEqual([3, { f: 'v', g: '2' }]);
    expect(await cache.pipeline().exec()).toEqual([]);
    expect(host.sum('redis_reqs')).toBe(2);
    expect(host.sum('redis_commands')).toBe(6);
    expect(host.values('redis_hits')).toEqual([1, 0]);
    expect(host.tagsOf('redis_reqs').map(({ name }) => name)).toEqual(['pipeline', 'multi']);
    const failed = await rejection(cache.pipeline().get('h').set('after', 1).exec());
    expect(failed.code).toBe(2111);
    expect(await cache.get('after')).toBe('1');
    // Found wrong before it is carried out, and while it is.
    expect((await rejection(cache.multi().command(['NOPE']).exec())).code).toBe(2110);
    expect((await rejection(cache.multi().get('h').exec())).code).toBe(2111);
    await cache.command(['WATCH', 'p']);
    await vu(url).cache.incr('p');
    expect((await rejection(cache.multi().incr('p').exec())).code).toBe(2119);
  }

  // Errors of the server have their codes and keep the connection.
  {
    const { cache, host } = vu(url);
    const wrong = await rejection(cache.get('h'));
    expect(wrong).toBeInstanceOf(RedisError);
    expect(wrong.code).toBe(2111);
    const unknown = await rejection(cache.command(['NOPE', 'secret']));
    expect([unknown.code, unknown.message]).toEqual([2110, "ERR unknown command 'NOPE'"]);
    expect((await rejection(cache.command(['EVALSHA', '0'.repeat(40), '0']))).code).toBe(2117);
    expect(host.sum('redis_req_failed')).toBe(3);
    expect(host.values('redis_req_duration')).toEqual([]);
    expect(host.counted.map(({ label, code }) => [label, code])).toEqual([
      ['GET', 2111],
      ['NOPE', 2110],
      ['EVALSHA', 2117],
    ]);
    expect(host.values('redis_connecting')).toHaveLength(1);
  }

  // A time limit, with a reply that comes late; then the next command gets its own reply.
  {
    const { cache, host } = vu(url);
    await cache.ping();
    const slow = await rejection(cache.with({ timeout: 60 }).command(['BLPOP', 'nothing', '0.2']));
    expect(slow.code).toBe(2121);
    await cache.set('own', 'reply');
    expect(await cache.get('own')).toBe('reply');
    // Nothing had come in that time, so a new connection was opened.
    expect(host.values('redis_connecting')).toHaveLength(2);
  }

  // An interruption ends what is under way and counts nothing.
  {
    const { cache, host } = vu(url);
    await cache.ping();
    const blocked = rejection(cache.command(['BLPOP', 'nothing', '0']));
    await tick(20);
    host.interrupt(new InterruptedError());
    expect(await blocked).toBeInstanceOf(InterruptedError);
    expect(await rejection(cache.ping())).toBeInstanceOf(InterruptedError);
    expect(host.sum('redis_reqs')).toBe(1);
    expect(host.counted).toEqual([]);
    host.endIteration();
    // What still blocks on the old connection does not hold up the next iteration.
    expect(await cache.with({ timeout: 500 }).ping()).toBe('PONG');
  }

  // One connection for all VUs of the thread.
  {
    const [one, two] = [vu(url, { scope: 'worker' }), vu(url, { scope: 'worker' })];
    const ids = await Promise.all([one, two].map(({ cache }) => cache.command(['CLIENT', 'ID'])));
    expect(ids[0]).toBe(ids[1]);
    await one.host.retire();
    expect(await two.cache.command(['CLIENT', 'ID'])).toBe(ids[0]);
  }

  // Killed in the middle: an error with a code, and the next command connects anew. Then the server is gone.
  {
    const { cache, host } = vu(url);
    const id = await cache.command<number>(['CLIENT', 'ID']);
    const blocked = rejection(cache.command(['BLPOP', 'nothing', '0']));
    await tick(20);
    await vu(url).cache.command(['CLIENT', 'KILL', 'ID', id]);
    expect((await blocked).code).toBe(2120);
    expect(await cache.ping()).toBe('PONG');
    await server.stop();
    const refused = await rejection(cache.ping());
    expect([refused.code, refused.message]).toEqual([1212, `connection refused by 127.0.0.1:${server.port}`]);
    expect(host.counted.map(({ code }) => code)).toEqual([2120, 1212]);
  }
});

test('a password: wrong, missing and right', async (context) => {
  const server = await startRedis(context);
  const { cache } = vu(server.url);
  await cache.command(['CONFIG', 'SET', 'requirepass', 'p@ss']);
  expect((await rejection(vu(server.url).cache.ping())).code).toBe(2112);
  expect((await rejection(vu(server.url, { password: 'no' }).cache.ping())).code).toBe(2112);
  expect(await vu(server.url.replace('//', '//:p%40ss@')).cache.ping()).toBe('PONG');
  expect(await vu(server.url, { password: 'p@ss', database: 3 }).cache.set('k', 1)).toBe(true);
});

test('faults of the connection', async () => {
  const sockets = new Set<Socket>();
  let act: (socket: Socket) => void = () => undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.resume();
    act(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;

  // Accepts and says nothing, with and without a login that waits for a word.
  const silent = vu(url, { connectTimeout: 80, password: 'p' });
  expect((await rejection(silent.cache.ping())).code).toBe(1211);
  const noWord = vu(url, { timeout: 80 });
  expect((await rejection(noWord.cache.ping())).code).toBe(2121);
  await silent.host.retire();
  await noWord.host.retire();
  await tick(30);
  expect(sockets.size).toBe(0);

  act = (socket) => void socket.once('data', () => socket.end());
  expect((await rejection(vu(url).cache.ping())).code).toBe(2120);
  act = (socket) => void socket.once('data', () => socket.resetAndDestroy());
  expect([2120, 1220]).toContain((await rejection(vu(url).cache.ping())).code);
  act = (socket) => void socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect((await rejection(vu(url, { timeout: 5000 }).cache.ping())).code).toBe(2122);

  const away = vu(`redis://127.0.0.1:${await freePort()}`);
  expect((await rejection(away.cache.ping())).code).toBe(1212);
  expect([1100, 1101]).toContain((await rejection(vu('redis://no-such-host.invalid').cache.ping())).code);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('a connection that goes wrong in the middle of a command', async (context) => {
  const { port } = await startRedis(context);
  for (const [act, code] of [
    ['reset', [2120]],
    ['end', [2120]],
    // A reply of a type that there is not, and one that is longer than anything.
    ['garbage', [2122]],
    ['oversize', [2121]],
    ['freeze', [2121]],
  ] as const) {
    const between = await relay(port);
    const { cache, host } = vu(`redis://127.0.0.1:${between.port}`, { timeout: 400 });
    await cache.ping();
    const slow = rejection(cache.command(['BLPOP', 'nothing', '0']));
    await tick(30);
    if (act === 'garbage') between.inject('HTTP/1.1 400 Bad Request\r\n\r\n');
    else if (act === 'oversize') between.inject('$99999999999\r\nx');
    else between[act]();
    const error = await slow;
    expect(error, act).toBeInstanceOf(RedisError);
    expect(code, act).toContain(error.code);
    // The next one gets its own reply.
    expect(await cache.command(['ECHO', act]), act).toBe(act);
    expect(host.counted, act).toHaveLength(1);
    await host.retire();
    await expect.poll(() => between.open.size).toBe(0);
  }
});

test('mistakes are told at once', async () => {
  expect(() => vu('http://x')).toThrow('redis: or rediss: was expected');
  expect(() => vu('redis://x/abc')).toThrow('the database is a number');
  expect(() => vu('redis://x', { tiemout: 1 } as object)).toThrow('did you mean timeout?');
  const { cache, host } = vu('redis://127.0.0.1:1');
  expect((await rejection(cache.set('k', {} as unknown as string))).message).toContain('neither a text');
  expect((await rejection(cache.set('k', 'v', { ttl: 'soon' }))).message).toContain('not a duration');
  expect(host.counted).toEqual([]);
});

test('nothing keeps a process alive after the VU was retired', async (context) => {
  const { url } = await startRedis(context);
  const code = `
    import { create } from './dsl/redis/redis.ts';
    import { FakeHost } from './test/helpers/host.ts';
    const host = new FakeHost();
    host.initializing = true;
    const cache = create(host).connect(process.argv[1]);
    host.initializing = false;
    await cache.ping();
    await host.retire();
    console.log('retired');`;
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', outputFiles[0]?.text ?? '', url],
    { timeout: 10_000 },
  );
  expect(stdout).toBe('retired\n');
});

test('TLS: an unknown certificate, a trusted one, and a server without it', async (context) => {
  const plain = await startRedis(context);
  const { key, cert } = selfSigned('IP:127.0.0.1,DNS:cache.test');
  const proxy = createTlsServer({ key, cert }, (outer) => {
    const inner = connect(plain.port, '127.0.0.1');
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy());
    inner.on('error', () => outer.destroy());
  });
  proxy.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `rediss://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  expect((await rejection(vu(url).cache.ping())).code).toBe(1310);
  const trusted = vu(url, { tls: { ca: cert } });
  expect(await trusted.cache.ping()).toBe('PONG');
  expect(trusted.host.sum('data_received')).toBeGreaterThan(500);
  const insecure = vu(url, {}, { insecureSkipTLSVerify: true });
  expect(await insecure.cache.ping()).toBe('PONG');
  const network = { ...DEFAULT_NETWORK, hosts: { '*.test': '127.0.0.1' } };
  const byName = (name: string) => vu(url.replace('127.0.0.1', name), { tls: { ca: cert } }, { network });
  const named = byName('cache.test');
  expect(await named.cache.ping()).toBe('PONG');
  await named.host.retire();
  expect((await rejection(byName('other.test').cache.ping())).code).toBe(1311);
  const wrong = await rejection(vu(`rediss://127.0.0.1:${plain.port}`, { connectTimeout: 500 }).cache.ping());
  expect(wrong.code).toBe(1211);
  const away = await rejection(vu(`rediss://127.0.0.1:${await freePort()}`).cache.ping());
  expect(away.code).toBe(1212);
  await trusted.host.retire();
  await insecure.host.retire();
  const connections = () =>
    new Promise<number>((resolve) => proxy.getConnections((_, count) => resolve(count)));
  await expect.poll(connections, { timeout: 2000 }).toBe(0);
  proxy.close();
});
