import { describe, expect, test } from 'vitest';
import { grpcServer, grpcVu } from '../../helpers/grpc.ts';

interface Value {
  value: number;
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a stream of the server', () => {
  test('is iterated to its end, and counted', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const stream = client.stream<object, Value>('echo.v1.Echo/Count', { upTo: 100 });
    expect((await all(stream)).map(({ value }) => value)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    expect(await stream.finish()).toMatchObject({ status: 0, message: null });
    expect(host.sum('grpc_streams')).toBe(1);
    expect(host.sum('grpc_streams_msgs_sent')).toBe(1);
    expect(host.sum('grpc_streams_msgs_received')).toBe(100);
    expect(host.values('grpc_stream_duration')).toHaveLength(1);
    expect(host.values('grpc_req_duration')).toEqual([]);
    expect(host.values('grpc_req_failed')).toEqual([0]);
  });

  test('that fails gives what came before, then its status', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const stream = client.stream<object, Value>('echo.v1.Echo/Count', { upTo: 3, failWith: 10 });
    expect(await all(stream)).toHaveLength(3);
    expect(await stream.finish()).toMatchObject({ status: 10, errorCode: 1810 });
    expect(host.values('grpc_req_failed')).toEqual([1]);
    const throwing = client.stream('echo.v1.Echo/Count', { upTo: 3, failWith: 10 }, { throw: true });
    await expect(all(throwing)).rejects.toMatchObject({ name: 'GrpcError', status: 10 });
  });

  test('may be left and taken up again, or dropped', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address);
    const stream = client.stream<object, Value>('echo.v1.Echo/Count', { upTo: 10 });
    for await (const { value } of stream) if (value === 3) break;
    expect((await all(stream)).map(({ value }) => value)).toEqual([4, 5, 6, 7, 8, 9, 10]);
    const unread = client.stream('echo.v1.Echo/Count', { upTo: 5000 });
    expect(await unread.finish()).toMatchObject({ status: 0 });
  });
});

describe('a stream of the client', () => {
  test('has one answer', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const stream = client.stream<Value, { sum: number }>('echo.v1.Echo/Sum');
    for (let value = 1; value <= 10; value++) await stream.send({ value });
    const res = await stream.finish();
    expect(res).toMatchObject({ status: 0, message: { sum: 55 } });
    expect(host.sum('grpc_streams_msgs_sent')).toBe(10);
    expect(host.sum('grpc_streams_msgs_received')).toBe(1);
    await expect(stream.send({ value: 1 })).rejects.toThrow('the stream has ended: OK');
  });

  test('refuses messages that do not fit, and goes on', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address);
    const stream = client.stream<object, { sum: number }>('echo.v1.Echo/Sum', { value: 1 });
    await expect(stream.send({ valeu: 2 })).rejects.toThrow('did you mean value?');
    await stream.send({ value: 2 });
    expect((await stream.finish()).message).toEqual({ sum: 3 });
  });
});

describe('a stream in both directions', () => {
  test('goes on until one side ends it', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address);
    const stream = client.stream<Value, Value>('echo.v1.Echo/Chat');
    const answers: number[] = [];
    await stream.send({ value: 1 });
    for await (const { value } of stream) {
      answers.push(value);
      if (answers.length === 5) stream.end();
      else await stream.send({ value: value + 1 });
    }
    expect(answers).toEqual([2, 6, 14, 30, 62]);
    expect(await stream.finish()).toMatchObject({ status: 0 });
  });

  test('ends with its iteration, without counting as failed', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const stream = client.stream<Value, Value>('echo.v1.Echo/Chat');
    await stream.send({ value: 1 });
    host.endIteration();
    await expect(stream.send({ value: 2 })).rejects.toThrow('the stream has ended: CANCELLED');
    expect(await stream.finish()).toMatchObject({ status: 1 });
    expect(host.values('grpc_req_failed')).toEqual([]);
    // The connection is still there.
    expect(await client.invoke('echo.v1.Echo/Say')).toMatchObject({ status: 0, timings: { connecting: 0 } });
  });

  test('is cut off by an interruption, wherever it waits', async () => {
    const server = await grpcServer();
    const { client, host } = grpcVu(server.address);
    const reading = client.stream<Value, Value>('echo.v1.Echo/Chat', { value: 1 });
    const read = all(reading);
    const finishing = client.stream('echo.v1.Echo/Count', { upTo: -1 }).finish();
    setTimeout(() => host.interrupt(new Error('over')), 100);
    await expect(read).rejects.toMatchObject({ name: 'InterruptedError' });
    await expect(finishing).rejects.toMatchObject({ name: 'InterruptedError' });
    expect(host.values('grpc_reqs')).toEqual([]);
  });

  test('breaks when the server does', async () => {
    const server = await grpcServer();
    const { client } = grpcVu(server.address);
    const stream = client.stream<Value, Value>('echo.v1.Echo/Chat', { value: 1 });
    const messages = stream[Symbol.asyncIterator]();
    expect((await messages.next()).value).toEqual({ value: 2 });
    await server.crash();
    expect((await messages.next()).done).toBe(true);
    expect(await stream.finish()).toMatchObject({ status: 14, errorCode: 1220 });
  });
});

test('a stream has a deadline as any call', async () => {
  const server = await grpcServer();
  const { client } = grpcVu(server.address);
  const stream = client.stream('echo.v1.Echo/Count', { upTo: -1 }, { deadline: 100 });
  expect(await stream.finish()).toMatchObject({ status: 4, errorCode: 1050 });
});

test('a method that there is not is refused where it is named', async () => {
  const server = await grpcServer();
  const { client } = grpcVu(server.address);
  expect(() => client.stream('echo.v1.Echo/Cuont')).toThrow('did you mean echo.v1.Echo/Count?');
  await expect(client.stream('echo.v1.Echo/Say').finish()).rejects.toThrow('use client.invoke()');
});
