/** Packets on their way to a StatsD server that comes, goes, or reads slowly. */

import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RetryableError } from '../../../runner/outputs/output.ts';
import { TcpTransport, UdpTransport } from '../../../runner/outputs/statsd/transport.ts';
import { freePort } from '../../helpers/services.ts';

const NEVER = new AbortController().signal;
const packets = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

interface LineServer {
  readonly text: () => string;
  readonly sockets: Set<Socket>;
  stop(): Promise<void>;
}

async function listen(port: number, onSocket?: (socket: Socket) => void): Promise<LineServer> {
  let text = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (onSocket !== undefined) return onSocket(socket);
    socket.on('data', (part) => {
      text += part.toString();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(stop);
  return { text: () => text, sockets, stop };
}

function tcp(port: number): TcpTransport {
  const transport = new TcpTransport('127.0.0.1', port);
  onTestFinished(() => transport.close());
  return transport;
}

test('TCP: every line ends, over one connection', async () => {
  const port = await freePort();
  const server = await listen(port);
  const transport = tcp(port);
  await transport.send(packets('a:1|c\nb:2|c', 'c:3|c'), NEVER);
  await transport.send(packets('d:4|c'), NEVER);
  transport.close();
  await vi.waitFor(() => expect(server.text()).toBe('a:1|c\nb:2|c\nc:3|c\nd:4|c\n'));
  expect(server.sockets.size).toBe(1);
});

test('TCP: what is away may be tried again, and is found when it comes back', async () => {
  const port = await freePort();
  const transport = tcp(port);
  await expect(transport.send(packets('a:1|c'), NEVER)).rejects.toBeInstanceOf(RetryableError);
  const first = await listen(port);
  await transport.send(packets('b:1|c'), NEVER);
  await vi.waitFor(() => expect(first.text()).toBe('b:1|c\n'));
  await first.stop();
  // Its end shows as soon as the system tells it.
  await vi.waitFor(() => expect(transport.send(packets('x:1|c'), NEVER)).rejects.toThrow());
  const second = await listen(port);
  await vi.waitFor(() => transport.send(packets('c:1|c'), NEVER));
  await vi.waitFor(() => expect(second.text()).toContain('c:1|c\n'));
});

test('TCP: a server that does not read is left when the time is over', async () => {
  const port = await freePort();
  const server = await listen(port, (socket) => void socket.pause());
  const over = new AbortController();
  const sent = tcp(port).send([Buffer.alloc(50_000_000, 'x')], over.signal);
  sent.catch(() => undefined);
  await vi.waitFor(() => expect(server.sockets.size).toBe(1));
  over.abort(new Error('it did not answer within 3 s'));
  await expect(sent).rejects.toThrow('it did not answer within 3 s');
});

test('UDP: a closed port is told of, and forgotten when somebody listens', async () => {
  const port = await freePort();
  const transport = new UdpTransport('127.0.0.1', port);
  onTestFinished(() => transport.close());
  await expect(transport.send(packets('a:1|c'), NEVER)).rejects.toThrow(
    'nothing listens there: connection refused',
  );
  const { createSocket } = await import('node:dgram');
  const receiver = createSocket('udp4');
  onTestFinished(() => void receiver.close());
  const got: string[] = [];
  receiver.on('message', (packet) => got.push(packet.toString()));
  await new Promise<void>((resolve) => receiver.bind(port, '127.0.0.1', resolve));
  await transport.send(packets('b:1|c', 'c:1|c'), NEVER);
  await vi.waitFor(() => expect(got).toEqual(['b:1|c', 'c:1|c']));
});

test('a name that does not resolve may be tried again', async () => {
  for (const transport of [
    new UdpTransport('no-such-host.invalid', 1),
    new TcpTransport('no-such-host.invalid', 1),
  ]) {
    const sent = transport.send(packets('a:1|c'), NEVER);
    await expect(sent).rejects.toBeInstanceOf(RetryableError);
    await expect(sent).rejects.toThrow('no such host');
  }
});
