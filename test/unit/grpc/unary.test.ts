import { describe, expect, onTestFinished, test } from 'vitest';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { GRPC_FIXTURES, grpcServer, grpcVu } from '../../helpers/grpc.ts';
import { relay } from '../../helpers/relay.ts';
import { rawServer } from '../../helpers/servers.ts';
import { freePort } from '../../helpers/services.ts';

const SAY = 'echo.v1.Echo/Say';

describe('a call', () => {
  test('gives the answer, and is counted under its method', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const res = await client.invoke<{ text: string; bigNumber: string; innerPart: { partName: string } }>(
      SAY,
      {
        text: 'hello',
        bigNumber: '9007199254740993',
        innerPart: { partName: 'a' },
        labels: { any: 'thing' },
      },
    );
    expect(res).toMatchObject({ status: 0, statusName: 'OK', error: '', errorCode: 0 });
    // 2^53 + 1: exact only as text.
    expect(res.message).toMatchObject({
      text: 'hello',
      bigNumber: '9007199254740993',
      innerPart: { partName: 'a' },
    });
    expect(host.values('grpc_reqs')).toEqual([1]);
    expect(host.values('grpc_req_failed')).toEqual([0]);
    expect(host.values('grpc_req_duration')).toHaveLength(1);
    expect(host.values('grpc_connecting')).toHaveLength(1);
    expect(host.tagsOf('grpc_req_duration')[0]).toMatchObject({
      name: SAY,
      method: 'Say',
      service: 'echo.v1.Echo',
      rpc_type: 'unary',
      status: '0',
      expected_response: 'true',
    });
  });

  test('is timed without connecting, which only the first one does', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const first = await client.invoke(SAY, { delayMs: 50 });
    const second = await client.invoke(SAY, { delayMs: 50 });
    expect(first.timings.connecting).toBeGreaterThan(0);
    expect(second.timings.connecting).toBe(0);
    for (const { timings } of [first, second]) expect(timings.duration).toBeGreaterThanOrEqual(49);
    expect(host.values('grpc_connecting')).toHaveLength(1);
  });

  test("calls side by side share the VU's connection", async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const startedAt = performance.now();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.invoke(SAY, { text: `${i}`, delayMs: 100 })),
    );
    expect(all.map(({ message }) => message?.text)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(host.values('grpc_connecting')).toHaveLength(1);
  });

  test('sends metadata of client and call, and shows what comes back', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address, { metadata: { 'x-team': 'a', 'x-all': 'client' } });
    const res = await client.invoke<{ seenMetadata: string }>(SAY, {}, { metadata: { 'X-All': 'call' } });
    expect(JSON.parse(res.message?.seenMetadata ?? '{}')).toMatchObject({ 'x-team': 'a', 'x-all': 'call' });
  });

  test('bytes are counted as they pass over the socket', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    await client.invoke(SAY, { answerBytes: 100_000 });
    await client.invoke(SAY, { text: 'x'.repeat(50_000) });
    expect(host.sum('data_received')).toBeGreaterThan(150_000);
    expect(host.sum('data_received')).toBeLessThan(152_000);
    expect(host.sum('data_sent')).toBeGreaterThan(50_000);
    expect(host.sum('data_sent')).toBeLessThan(52_000);
  });
});

describe('a call that fails', () => {
  test("resolves with the server's status, which counts with its time", async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const res = await client.invoke(SAY, { failWith: 5 });
    expect(res).toMatchObject({
      status: 5,
      statusName: 'NOT_FOUND',
      error: 'failed with 5',
      errorCode: 1805,
      message: null,
    });
    expect(host.values('grpc_req_failed')).toEqual([1]);
    expect(host.values('grpc_req_duration')).toHaveLength(1);
    expect(host.counted).toEqual([{ label: `grpc ${SAY}`, code: 1805, message: 'NOT_FOUND: failed with 5' }]);
    expect(host.tagsOf('grpc_reqs')[0]).toMatchObject({
      status: '5',
      error_code: '1805',
      expected_response: 'false',
    });
  });

  test('does not count as failed where its status was expected', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    await client.invoke(SAY, { failWith: 5 }, { expectedStatus: ['OK', 'NOT_FOUND'] });
    await client.invoke(SAY, {}, { expectedStatus: 5 });
    expect(host.values('grpc_req_failed')).toEqual([0, 1]);
    expect(host.counted).toHaveLength(1);
  });

  test('rejects with throw', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address, {}, { throw: true });
    await expect(client.invoke(SAY, { failWith: 7 })).rejects.toMatchObject({
      name: 'GrpcError',
      code: 1807,
      status: 7,
      response: { statusName: 'PERMISSION_DENIED' },
    });
    await expect(client.invoke(SAY, { failWith: 7 }, { throw: false })).resolves.toMatchObject({ status: 7 });
  });

  test('by its deadline has no time', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address, { deadline: '100ms' });
    const res = await client.invoke(SAY, { delayMs: 5000 });
    expect(res).toMatchObject({ status: 4, errorCode: 1050 });
    expect(host.values('grpc_req_failed')).toEqual([1]);
    expect(host.values('grpc_req_duration')).toEqual([]);
    expect(host.counted[0]?.message).toBe('DEADLINE_EXCEEDED: deadline exceeded');
    await expect(client.invoke(SAY, { delayMs: 200 }, { deadline: 2000 })).resolves.toMatchObject({
      status: 0,
    });
  });

  test('by a message that is too large says so', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address, { maxReceiveBytes: 1000 });
    expect(await client.invoke(SAY, { answerBytes: 5000 })).toMatchObject({ status: 8, errorCode: 1808 });
    expect(await client.invoke(SAY, { answerBytes: 10 })).toMatchObject({ status: 0 });
  });
});

describe('a server that is away', () => {
  test('refuses at once, each time, and is found again when it is back', async () => {
    const port = await freePort();
    const { client, host } = grpcVu(`127.0.0.1:${port}`);
    const startedAt = performance.now();
    expect(await client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1212 });
    expect(await client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1212 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(host.values('grpc_req_duration')).toEqual([]);
    await grpcServer({ port });
    expect(await client.invoke(SAY, { text: 'back' })).toMatchObject({
      status: 0,
      message: { text: 'back' },
    });
  });

  test('that crashes in the middle ends its calls as reset', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    await client.invoke(SAY);
    const cut = client.invoke(SAY, { delayMs: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.crash();
    expect(await cut).toMatchObject({ status: 14, errorCode: 1220 });
    expect(host.values('grpc_req_duration')).toHaveLength(1);
    expect(await client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1212 });
  });

  test('by a name that does not exist', async () => {
    const { client } = grpcVu('nowhere.invalid:50051', { deadline: '10s' });
    const res = await client.invoke(SAY);
    expect(res.status).toBe(14);
    expect([1100, 1101]).toContain(res.errorCode);
  });
});

describe('a name with addresses of both families', () => {
  test('is reached by the one that answers', async (context) => {
    const server = await grpcServer();
    let port: number;
    try {
      ({ port } = await relay(server.port, '::1'));
    } catch {
      return context.skip('this machine has no ::1');
    }
    // The first address of localhost is 127.0.0.1, where nobody listens.
    const { client, host } = grpcVu(`localhost:${port}`);
    expect(await client.invoke(SAY, { text: 'a' })).toMatchObject({ status: 0 });
    expect(host.values('grpc_connecting')).toHaveLength(1);
  });
});

describe('TLS', () => {
  test('with a certificate that is trusted', async () => {
    const server = await grpcServer({ tls: 'DNS:localhost,IP:127.0.0.1' });
    const { client } = grpcVu(server.address, { tls: { ca: server.cert as Buffer } });
    expect(await client.invoke(SAY, { text: 'secret' })).toMatchObject({
      status: 0,
      message: { text: 'secret' },
    });
  });

  test('with one of an unknown authority, unless verification is off', async () => {
    const server = await grpcServer({ tls: 'DNS:localhost,IP:127.0.0.1' });
    const strict = grpcVu(server.address, { plaintext: false });
    expect(await strict.client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1310 });
    const lax = grpcVu(server.address, { plaintext: false }, { insecureSkipTLSVerify: true });
    expect(await lax.client.invoke(SAY)).toMatchObject({ status: 0 });
  });

  test('with one for another host, unless that is its name', async () => {
    const server = await grpcServer({ tls: 'DNS:grpc.example' });
    const ca = server.cert as Buffer;
    expect(await grpcVu(server.address, { tls: { ca } }).client.invoke(SAY)).toMatchObject({
      errorCode: 1311,
    });
    const named = grpcVu(server.address, { tls: { ca, serverName: 'grpc.example' } });
    expect(await named.client.invoke(SAY)).toMatchObject({ status: 0 });
  });

  test('by a name that `hosts` leads elsewhere is spoken with that name', async () => {
    const server = await grpcServer({ tls: 'DNS:shop.test' });
    const network = { ...DEFAULT_NETWORK, hosts: { '*.test': '127.0.0.1' } };
    const tls = { ca: String(server.cert) };
    const right = grpcVu(`shop.test:${server.port}`, { tls }, { network });
    expect(await right.client.invoke(SAY)).toMatchObject({ status: 0 });
    const wrong = grpcVu(`other.test:${server.port}`, { tls }, { network });
    expect(await wrong.client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1311 });
  });

  test('spoken to a server without it', async () => {
    const server = await grpcServer();
    const res = await grpcVu(server.address, { plaintext: false, deadline: '5s' }).client.invoke(SAY);
    expect(res.status).not.toBe(0);
  });
});

describe('reflection', () => {
  test.each(['v1', 'v1alpha'] as const)(
    '%s tells the services, with fields as .proto files have them',
    async (version) => {
      const server = await grpcServer({ reflection: version });
      const { client, host } = grpcVu(server.address, { reflection: true });
      const res = await client.invoke<{ innerPart: { partName: string } }>(SAY, {
        innerPart: { partName: 'x' },
        bigNumber: 7,
      });
      expect(res.message).toMatchObject({ innerPart: { partName: 'x' }, bigNumber: '7' });
      expect(host.values('grpc_reqs')).toEqual([1]);
      await expect(client.invoke('echo.v1.Echo/Sya')).rejects.toThrow('did you mean echo.v1.Echo/Say?');
    },
  );

  test('that the server does not have', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address, { reflection: true });
    await expect(client.invoke(SAY)).rejects.toThrow('the server does not support reflection');
  });
});

describe('interruption', () => {
  test('rejects what is under way, and records nothing', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    await client.invoke(SAY);
    const samples = host.values('grpc_reqs').length;
    const call = client.invoke(SAY, { delayMs: 10_000 });
    setTimeout(() => host.interrupt(new Error('over')), 50);
    await expect(call).rejects.toMatchObject({ name: 'InterruptedError' });
    await expect(client.invoke(SAY)).rejects.toMatchObject({ name: 'InterruptedError' });
    expect(host.values('grpc_reqs')).toHaveLength(samples);
    expect(host.counted).toEqual([]);
    host.endIteration();
    expect(await client.invoke(SAY)).toMatchObject({ status: 0 });
  });
});

describe('mistakes', () => {
  test('are TypeErrors that say what there is', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address);
    await expect(client.invoke('echo.v1.Echo/Say', { txt: 'a' })).rejects.toThrow(
      'SayRequest has no field txt; did you mean text?',
    );
    await expect(client.invoke(SAY, { innerPart: { name: 'a' } })).rejects.toThrow(
      'Part has no field innerPart.name',
    );
    await expect(client.invoke(SAY, { moreParts: [{ partName: 'a' }, { pn: 1 }] })).rejects.toThrow(
      'moreParts.pn',
    );
    await expect(client.invoke(SAY, { innerPart: 'a' })).rejects.toThrow('cannot be encoded');
    expect(await client.invoke(SAY, { labels: { any: 'key' } })).toMatchObject({ status: 0 });
    await expect(client.invoke('echo.v1.Echo/Count', {})).rejects.toThrow('use client.stream()');
    await expect(client.invoke(SAY, {}, { dedline: 5 } as object)).rejects.toThrow('did you mean deadline?');
    await expect(client.invoke(SAY, {}, { metadata: { 'bad name': 'x' } })).rejects.toThrow(
      'grpc metadata "bad name"',
    );
  });

  test('are found when the client is made', () => {
    expect(() => grpcVu('http://localhost:1')).toThrow("not an address such as 'localhost:50051'");
    expect(() => grpcVu('localhost:1', { proto: `${GRPC_FIXTURES}/none.proto` })).toThrow('there is no file');
    expect(() => grpcVu('localhost:1', { proto: `${GRPC_FIXTURES}/server.mjs` })).toThrow('cannot be used');
    expect(() => grpcVu('localhost:1', { proto: `${GRPC_FIXTURES}/parts.proto` })).toThrow('has no service');
    expect(() => grpcVu('localhost:1', { plaintext: true, tls: {} })).toThrow('exclude each other');
  });
});

describe('a server that is none', () => {
  test('and says something else', async () => {
    const server = await rawServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\nwhat?'));
    onTestFinished(() => server.close());
    const { client, host } = grpcVu(`127.0.0.1:${server.port}`, { deadline: '2s' });
    const res = await client.invoke(SAY);
    expect(res.status).not.toBe(0);
    expect(host.values('grpc_req_failed')).toEqual([1]);
    expect(host.values('grpc_req_duration')).toEqual([]);
  });

  test('and says nothing: the deadline holds while connecting too, and so does an interruption', async () => {
    const server = await rawServer((socket) => socket.resume());
    onTestFinished(() => server.close());
    const { client, host } = grpcVu(`127.0.0.1:${server.port}`);
    expect(await client.invoke(SAY, {}, { deadline: 150 })).toMatchObject({ status: 4, errorCode: 1050 });
    const cut = client.invoke(SAY);
    const connecting = client.connect();
    setTimeout(() => host.interrupt(new Error('over')), 50);
    await expect(cut).rejects.toMatchObject({ name: 'InterruptedError' });
    await expect(connecting).rejects.toMatchObject({ name: 'InterruptedError' });
    await host.retire();
    await server.idle();
  });

  test('connect says so', async () => {
    const { client } = grpcVu(`127.0.0.1:${await freePort()}`);
    await expect(client.connect()).rejects.toMatchObject({ name: 'GrpcError', status: 14 });
    const server = await grpcServer();
    await expect(grpcVu(server.address).client.connect()).resolves.toBeUndefined();
  });
});
