import { chmodSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { SqlError } from '../../../dsl/sql/error-codes.ts';
import { relay } from '../../helpers/relay.ts';
import { selfSigned } from '../../helpers/servers.ts';
import { freePort, startPostgres } from '../../helpers/services.ts';
import { rejection, tick, vu } from './harness.ts';

test('statements against a real PostgreSQL: results, errors, limits, faults', {
  timeout: 60_000,
}, async (context) => {
  const server = await startPostgres(context);
  const { url } = server;

  // Rows, parameters, templates, counts; samples with names that have no literals.
  {
    const { db, host } = vu(url, { scope: 'vu' });
    expect(db.use()).toEqual({ size: 0, inUse: 0, waiting: 0 });
    expect(
      await db.exec('create table t (id int primary key, name text); insert into t values (1, $$one$$)'),
    ).toBe(1);
    expect(await db.exec('insert into t values ($1, $2), ($3, $4)', [2, 'two', 3, 'three'])).toBe(2);
    const id = 2;
    const name = 'two';
    expect(await db.query`select * from t where id = ${id} and name = ${name}`).toEqual([
      { id: 2, name: 'two' },
    ]);
    expect(await db.query("select id from t where name = 'three'")).toEqual([{ id: 3 }]);
    expect(await db.query('select id from t where id = $1', [1], { prepare: true })).toEqual([{ id: 1 }]);
    expect(await db.query('select id from t where id = $1', [3], { prepare: true })).toEqual([{ id: 3 }]);
    expect(await db.query('select 1 as x', undefined, { name: 'one', tags: { kind: 'k' } })).toEqual([
      { x: 1 },
    ]);
    expect(host.sum('sql_queries')).toBe(7);
    expect(host.values('sql_query_duration')).toHaveLength(7);
    expect(host.values('sql_query_failed').every((value) => value === 0)).toBe(true);
    expect(host.values('sql_acquire_duration')).toHaveLength(7);
    expect(host.values('sql_connecting')).toHaveLength(1);
    expect(host.sum('sql_rows')).toBe(5);
    expect(host.sum('data_sent')).toBeGreaterThan(200);
    expect(host.sum('data_received')).toBeGreaterThan(200);
    const tags = host.tagsOf('sql_queries');
    expect(tags[3]).toMatchObject({
      name: 'select id from t where name = ?',
      method: 'SELECT',
      proto: 'postgresql',
    });
    expect(tags[6]).toMatchObject({ name: 'one', kind: 'k' });
    expect(db.use()).toEqual({ size: 1, inUse: 0, waiting: 0 });
  }

  // Refusals keep the connection; each has its code and SQLSTATE.
  {
    const { db, host } = vu(url, { scope: 'vu', statementTimeout: '100ms' });
    const cases = [
      ['selec 1', 2030, '42601'],
      ['select * from nowhere', 2030, '42P01'],
      ["insert into t values (1, 'again')", 2032, '23505'],
      ['select 1/0', 2033, '22012'],
      ['select pg_sleep(5)', 2021, '57014'],
    ] as const;
    for (const [text, code, sqlState] of cases) {
      const error = await rejection(db.query(text));
      expect(error).toBeInstanceOf(SqlError);
      expect([error.code, error.sqlState]).toEqual([code, sqlState]);
    }
    expect(host.values('sql_connecting')).toHaveLength(1);
    expect(host.sum('sql_query_failed')).toBe(5);
    expect(host.values('sql_query_duration')).toEqual([]);
    expect(host.counted.map(({ code }) => code)).toEqual([2030, 2030, 2032, 2033, 2021]);
    expect(host.sum('sql_query_timeouts')).toBe(1);
  }

  // Transactions commit, roll back, and hold one connection.
  {
    const { db, host } = vu(url, { scope: 'vu', size: 2 });
    const pids = await db.transaction(async (tx) => {
      await tx.exec("insert into t values (4, 'four')");
      return [
        await tx.query('select pg_backend_pid() as pid'),
        await tx.query('select pg_backend_pid() as pid'),
      ];
    });
    expect(pids[0]).toEqual(pids[1]);
    const thrown = await rejection(
      db.transaction(
        async (tx) => {
          await tx.exec("insert into t values (5, 'five')");
          throw new Error('no');
        },
        { isolation: 'serializable', name: 'buy' },
      ),
    );
    expect(thrown.message).toBe('no');
    expect(await db.query('select id from t where id >= 4')).toEqual([{ id: 4 }]);
    expect(host.tagsOf('sql_transaction_duration').map(({ name, status }) => [name, status])).toEqual([
      ['transaction', 'commit'],
      ['buy', 'rollback'],
    ]);
    const readOnly = await rejection(db.transaction((tx) => tx.exec('delete from t'), { readOnly: true }));
    expect(readOnly.code).toBe(2035);
    const isolation = await db.transaction((tx) => tx.query('show transaction_isolation'), {
      isolation: 'repeatable read',
    });
    expect(isolation).toEqual([{ transaction_isolation: 'repeatable read' }]);
    let leaked: { query(text: string): Promise<unknown> } | undefined;
    await db.session((session) => {
      leaked = session;
    });
    expect((await rejection(leaked?.query('select 1') ?? Promise.resolve())).message).toContain('given back');
    expect(db.use().inUse).toBe(0);
  }

  const activity = async (): Promise<number> => {
    const { db } = vu(url, { scope: 'vu' });
    const [row] = await db.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()",
    );
    return row?.n ?? -1;
  };

  // A statement over its time limit is cancelled on the server, and the pool goes on with another connection.
  {
    const { db, host } = vu(url, { scope: 'vu' });
    const started = performance.now();
    const error = await rejection(db.query('select pg_sleep(20)', [], { timeout: 100 }));
    expect(error.code).toBe(2021);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await db.query('select 1 as x')).toEqual([{ x: 1 }]);
    expect(host.sum('sql_query_timeouts')).toBe(1);
    expect(host.values('sql_connecting')).toHaveLength(2);
    await tick(50);
    expect(await activity()).toBe(0);
  }

  // Interrupted: those under way and those that wait reject, nothing is counted, nothing goes on on the server.
  {
    const { db, host } = vu(url, { scope: 'vu', size: 1 });
    await db.query('select 1');
    const before = host.sum('sql_queries');
    const all = [
      db.query('select pg_sleep(20)'),
      db.query('select 2'),
      db.transaction((tx) => tx.query('select pg_sleep(20)')),
    ].map((promise) => rejection(promise));
    await tick(50);
    expect(db.use()).toEqual({ size: 1, inUse: 1, waiting: 2 });
    host.interrupt(new InterruptedError());
    for (const error of await Promise.all(all)) expect(error).toBeInstanceOf(InterruptedError);
    expect(await rejection(db.query('select 3'))).toBeInstanceOf(InterruptedError);
    expect(host.sum('sql_queries')).toBe(before);
    expect(host.counted).toEqual([]);
    await tick(100);
    expect(await activity()).toBe(0);
    host.endIteration();
    expect(await db.query('select 3 as x')).toEqual([{ x: 3 }]);
  }

  // Killed on the server: in the middle of a statement, and while idle.
  {
    const { db, host } = vu(url, { scope: 'vu' });
    const killer = vu(url, { scope: 'vu' }).db;
    const [row] = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
    const slow = rejection(db.query('select pg_sleep(20)'));
    await tick(30);
    await killer.query('select pg_terminate_backend($1)', [row?.pid]);
    expect((await slow).code).toBe(2020);
    const [next] = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
    expect(next?.pid).not.toBe(row?.pid);
    await killer.query('select pg_terminate_backend($1)', [next?.pid]);
    await tick(50);
    expect(db.use().size).toBe(0);
    expect(await db.query('select 1 as x')).toEqual([{ x: 1 }]);
    expect(host.counted).toHaveLength(1);
  }

  // A name that `hosts` leads to the server; what is cancelled is cancelled there too.
  {
    const network = { ...DEFAULT_NETWORK, hosts: { 'db.test:5432': `127.0.0.1:${server.port}` } };
    const named = vu('postgres://brunt@db.test/postgres', { scope: 'vu' }, { network });
    expect(await named.db.query('select 1 as x')).toEqual([{ x: 1 }]);
    const error = await rejection(named.db.query('select pg_sleep(20)', [], { timeout: 100 }));
    expect(error.code).toBe(2021);
    await expect.poll(activity, { timeout: 5000 }).toBe(0);
  }

  // A wrong database; then the server goes away, between statements and in the middle of one.
  {
    const missing = vu(url.replace(/postgres$/, 'nowhere'), { scope: 'vu' });
    const error = await rejection(missing.db.query('select 1'));
    expect([error.code, error.sqlState]).toEqual([2011, '3D000']);
    const { db } = vu(url, { scope: 'vu' });
    await db.query('select 1');
    const slow = rejection(db.query('select pg_sleep(20)'));
    await server.stop();
    expect((await slow).code).toBe(2020);
    const refused = await rejection(db.query('select 1'));
    expect(refused.code).toBe(1212);
    expect(refused.message).toBe(`connection refused by 127.0.0.1:${server.port}`);
  }
});

test('a connection that goes wrong in the middle of a statement', async (context) => {
  const { port } = await startPostgres(context);
  for (const [act, code] of [
    ['reset', [2020]],
    ['end', [2020]],
    // A message of a type that there is not, and one that is a gigabyte long.
    ['garbage', [2021]],
    ['oversize', [2021]],
    ['freeze', [2021]],
  ] as const) {
    const between = await relay(port);
    const url = `postgres://brunt@127.0.0.1:${between.port}/postgres`;
    const { db, host } = vu(url, { scope: 'vu', timeout: 400 });
    await db.query('select 1');
    const slow = rejection(db.query('select pg_sleep(20)'));
    await tick(30);
    if (act === 'garbage') between.inject('HTTP/1.1 400 Bad Request\r\n\r\n');
    else if (act === 'oversize') between.inject(Buffer.from([0x44, 0x3f, 0xff, 0xff, 0xff, 0]));
    else between[act]();
    const error = await slow;
    expect(error, act).toBeInstanceOf(SqlError);
    expect(code, act).toContain(error.code);
    // The next one gets a connection of its own.
    expect(await db.query('select 2 as x'), act).toEqual([{ x: 2 }]);
    expect(host.counted, act).toHaveLength(1);
    expect(host.values('sql_connecting'), act).toHaveLength(2);
    await host.retire();
    await expect.poll(() => between.open.size).toBe(0);
  }
});

async function listening(
  onSocket: (socket: Socket) => void,
): Promise<{ port: number; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.resume();
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server, sockets };
}

test('a server that accepts and says nothing costs the time for connecting', async () => {
  const { port, server, sockets } = await listening(() => undefined);
  const { db, host } = vu(`postgres://x@127.0.0.1:${port}/x`, { scope: 'vu', connectTimeout: 100 });
  const error = await rejection(db.query('select 1'));
  expect(error.code).toBe(1211);
  expect(error.message).toBe(`connecting to 127.0.0.1:${port} timed out`);
  // A shorter wait for a connection says that it is the server, not the pool.
  const hasty = vu(`postgres://x@127.0.0.1:${port}/x`, { scope: 'vu', acquireTimeout: 50 });
  const waited = await rejection(hasty.db.query('select 1'));
  expect(waited.code).toBe(2001);
  expect(waited.message).toContain('does not accept one');
  expect(hasty.host.sum('sql_pool_timeouts')).toBe(1);
  expect(hasty.host.values('sql_acquire_duration')).toEqual([]);
  expect(host.counted).toHaveLength(1);
  await hasty.host.retire();
  await tick(30);
  expect(sockets.size).toBe(0);
  server.close();
});

test('a server that hangs up, resets or talks nonsense', async () => {
  for (const act of [
    (socket: Socket) => socket.end(),
    (socket: Socket) => socket.resetAndDestroy(),
    (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ]) {
    const { port, server } = await listening((socket) => socket.once('data', () => act(socket)));
    const { db, host } = vu(`postgres://x@127.0.0.1:${port}/x`, { scope: 'vu', connectTimeout: 300 });
    const error = await rejection(db.query('select 1'));
    expect(error).toBeInstanceOf(SqlError);
    expect([2020, 1220, 1211, 2000]).toContain(error.code);
    await host.retire();
    server.close();
  }
});

test('a name that does not exist, and a port where nobody listens', async () => {
  const port = await freePort();
  const away = vu(`postgres://u:secret@127.0.0.1:${port}/x`);
  const refused = await rejection(away.db.query('select 1'));
  expect(refused.code).toBe(1212);
  expect(refused.message).not.toContain('secret');
  const nowhere = vu('postgres://u@no-such-host.invalid/x', { connectTimeout: '5s' });
  expect([1100, 1101]).toContain((await rejection(nowhere.db.query('select 1'))).code);
});

test('a password: wrong, missing and right; too many connections', async (context) => {
  const { url } = await startPostgres(context);
  const { db } = vu(url, { scope: 'vu' });
  await db.exec("create role ada login password 'secret' connection limit 1");
  const [row] = await db.query<{ hba_file: string }>('show hba_file');
  await db.exec(
    `copy (select 'host all ada 127.0.0.1/32 scram-sha-256' union all select 'host all brunt 127.0.0.1/32 trust') to '${row?.hba_file}'`,
  );
  await db.query('select pg_reload_conf()');
  await tick(100);
  const as = (user: string) => vu(url.replace('brunt@', `${user}@`), { scope: 'vu', size: 2 });
  const wrong = await rejection(as('ada:no').db.query('select 1'));
  expect([wrong.code, wrong.sqlState]).toEqual([2010, '28P01']);
  expect((await rejection(as('ada').db.query('select 1'))).code).toBe(2010);
  expect((await rejection(as('eve').db.query('select 1'))).code).toBe(2010);
  const ada = as('ada:secret');
  const second = await ada.db.session(() => rejection(ada.db.query('select 1')));
  expect([second.code, second.sqlState]).toEqual([2012, '53300']);
  expect(ada.host.counted.map(({ code }) => code)).toEqual([2012]);
});

test('TLS: asked of a server without it, and with a certificate that nobody knows', async (context) => {
  const { url } = await startPostgres(context);
  const plain = vu(url, { scope: 'vu', ssl: true });
  const none = await rejection(plain.db.query('select 1'));
  expect([none.code, none.message]).toEqual([1300, 'The server does not support SSL connections']);

  const { db } = vu(url, { scope: 'vu' });
  const [row] = await db.query<{ data_directory: string }>('show data_directory');
  const { key, cert } = selfSigned('IP:127.0.0.1,DNS:db.test');
  const quoted = (pem: Buffer): string =>
    `'${pem.toString().trim().replaceAll('\n', "' union all select '")}'`;
  await db.exec(`copy (select ${quoted(key)}) to '${row?.data_directory}/server.key'`);
  await db.exec(`copy (select ${quoted(cert)}) to '${row?.data_directory}/server.crt'`);
  chmodSync(`${row?.data_directory}/server.key`, 0o600);
  await db.exec('alter system set ssl = on');
  await db.query('select pg_reload_conf()');
  await tick(200);
  const unknown = await rejection(vu(url, { scope: 'vu', ssl: true }).db.query('select 1'));
  expect(unknown.code).toBe(1310);
  const trusted = vu(url, { scope: 'vu', ssl: { ca: cert } });
  expect(await trusted.db.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([
    { ssl: true },
  ]);
  expect(trusted.host.sum('data_received')).toBeGreaterThan(1000);
  const network = { ...DEFAULT_NETWORK, hosts: { '*.test': '127.0.0.1' } };
  const byName = (name: string) =>
    vu(url.replace('127.0.0.1', name), { scope: 'vu', ssl: { ca: cert } }, { network }).db.query('select 1');
  expect(await byName('db.test')).toHaveLength(1);
  expect((await rejection(byName('other.test'))).code).toBe(1311);
  const insecure = vu(url, { scope: 'vu', ssl: true }, { insecureSkipTLSVerify: true });
  const slow = rejection(insecure.db.query('select pg_sleep(20)', [], { timeout: 100 }));
  expect((await slow).code).toBe(2021);
});
