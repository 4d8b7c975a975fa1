/**
 * Times of requests as the network saw them, from a packet capture (tshark) that knows the TLS keys.
 *
 *     on the wire                                     phase
 *     ----------------------------------------------  --------------------------------------------------------
 *     SYN -> SYN-ACK                                  connecting
 *     SYN-ACK -> the client's Finished                tls_handshaking
 *     first -> last packet with data of the request   sending
 *     that -> first packet with data of the answer    waiting
 *     that -> last packet with data of the answer     receiving
 *
 * Requests follow each other on a connection, so its data packets fall into runs: request, answer, request, answer …
 * A server's session tickets come at any time after the handshake and belong to neither.
 */

import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds; connecting and tls undefined on a connection that was open. */
export interface WireTimes {
  readonly id: string;
  readonly connecting: number | undefined;
  readonly tls: number | undefined;
  readonly sending: number;
  readonly waiting: number;
  readonly receiving: number;
}

interface Packet {
  readonly atMs: number;
  readonly stream: string;
  readonly fromServer: boolean;
  readonly bytes: number;
  readonly syn: boolean;
  readonly handshake: readonly string[];
  readonly uri: string;
}

const FIELDS = [
  'frame.time_epoch',
  'tcp.stream',
  'tcp.srcport',
  'tcp.len',
  'tcp.flags.syn',
  'tls.handshake.type',
  'http.request.uri',
];
const NEW_SESSION_TICKET = '4';
const FINISHED = '20';
/** ChangeCipherSpec and Finished with the longest hash; a longer packet carries the request as well. */
const FINISHED_BYTES = 100;

export function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Captures loopback traffic of these ports into a file until the returned function is called. */
export async function startCapture(ports: readonly number[], file: string): Promise<() => Promise<void>> {
  const filter = ports.map((port) => `tcp port ${port}`).join(' or ');
  const child = spawn('tshark', ['-i', 'lo', '-f', filter, '-w', file, '-q'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Capturing on')) resolve();
    });
    void exited.then(() => reject(new Error(`tshark could not capture on lo:\n${said}`)));
  });
  // It says so a little before it does.
  await wait(700);
  return async () => {
    await wait(500);
    child.kill('SIGINT');
    await exited;
  };
}

function packetsOf(file: string, keys: string, plain: number, tls: number): Packet[] {
  const args = [
    ...['-r', file, '-o', `tls.keylog_file:${keys}`, '-d', `tcp.port==${plain},http`],
    ...['-d', `tcp.port==${tls},tls`, '-T', 'fields', ...FIELDS.flatMap((field) => ['-e', field])],
  ];
  const text = execFileSync('tshark', args, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
  return text
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [time, stream = '', source, bytes, syn = '', handshake = '', uri = ''] = line.split('\t');
      return {
        atMs: Number(time) * 1000,
        stream,
        fromServer: Number(source) === plain || Number(source) === tls,
        bytes: Number(bytes),
        syn: syn === '1' || syn === 'True',
        handshake: handshake.split(','),
        uri,
      };
    });
}

/** State of one connection while its packets are read in order. */
class Stream {
  #synAt: number | undefined;
  #synAckAt: number | undefined;
  #finishedAt: number | undefined;
  readonly #secure: boolean;
  readonly times: WireTimes[] = [];
  #request: { id: string; first: number; last: number } | undefined;
  #answer: { first: number; last: number } | undefined;

  constructor(secure: boolean) {
    this.#secure = secure;
  }

  add(packet: Packet): void {
    const { atMs, fromServer } = packet;
    if (packet.syn) {
      if (fromServer) this.#synAckAt = atMs;
      else this.#synAt = atMs;
      return;
    }
    if (packet.bytes === 0) return;
    if (this.#secure && this.#finishedAt === undefined) {
      if (fromServer || !packet.handshake.includes(FINISHED)) return;
      this.#finishedAt = atMs;
      if (packet.bytes <= FINISHED_BYTES) return;
    }
    if (fromServer) {
      if (packet.handshake.includes(NEW_SESSION_TICKET) || this.#request === undefined) return;
      this.#answer ??= { first: atMs, last: atMs };
      this.#answer.last = atMs;
      return;
    }
    if (this.#answer !== undefined) this.end();
    this.#request ??= { id: '', first: atMs, last: atMs };
    this.#request.last = atMs;
    const id = /[?&]id=([^&\s]+)/.exec(packet.uri)?.[1];
    if (id !== undefined) this.#request.id = id;
  }

  /** The answer is complete: another request begins, or the capture ends. */
  end(): void {
    const request = this.#request;
    const answer = this.#answer;
    this.#request = undefined;
    this.#answer = undefined;
    if (request === undefined || answer === undefined) return;
    const first = this.times.length === 0;
    this.times.push({
      id: request.id,
      connecting: first ? span(this.#synAt, this.#synAckAt) : undefined,
      tls: first && this.#secure ? span(this.#synAckAt, this.#finishedAt) : undefined,
      sending: request.last - request.first,
      waiting: answer.first - request.last,
      receiving: answer.last - answer.first,
    });
  }
}

function span(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

/** By the requests' ids. */
export function wireTimes(file: string, keys: string, plain: number, tls: number): Map<string, WireTimes> {
  const packets = packetsOf(file, keys, plain, tls);
  const streams = new Map<string, Stream>();
  // Which port a stream goes to stands in its decoded packets only for the server's side.
  const secure = new Set(packets.filter(({ handshake }) => handshake[0] !== '').map(({ stream }) => stream));
  for (const packet of packets) {
    let stream = streams.get(packet.stream);
    if (stream === undefined) {
      stream = new Stream(secure.has(packet.stream));
      streams.set(packet.stream, stream);
    }
    stream.add(packet);
  }
  const times = new Map<string, WireTimes>();
  for (const stream of streams.values()) {
    stream.end();
    for (const one of stream.times) times.set(one.id, one);
  }
  return times;
}
