/**
 * Name resolution for all VUs of a thread. Thousands of VUs that dial at once would queue behind libuv's four
 * resolver threads, so answers are kept for five minutes (k6's default) and equal questions wait for one answer.
 * Connections take turns over a name's addresses; the family that last worked is tried first.
 */

import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

const TTL_MS = 300_000;

interface Entry {
  readonly addresses: readonly LookupAddress[];
  readonly expiresAt: number;
  family: number;
  turn: number;
}

/** `localhost` is this machine in both families (RFC 6761), whatever the hosts file leaves out. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

type Answer = (error: NodeJS.ErrnoException | null, entry: Entry | undefined) => void;

const known = new Map<string, Entry>();
const waiting = new Map<string, Answer[]>();

function resolve(host: string, answer: Answer): void {
  const entry = known.get(host);
  if (entry !== undefined && entry.expiresAt > performance.now()) {
    answer(null, entry);
    return;
  }
  if (host === 'localhost') {
    const fresh = { addresses: LOOPBACK, expiresAt: Number.POSITIVE_INFINITY, family: 4, turn: 0 };
    known.set(host, fresh);
    answer(null, fresh);
    return;
  }
  const others = waiting.get(host);
  if (others !== undefined) {
    others.push(answer);
    return;
  }
  const answers = [answer];
  waiting.set(host, answers);
  lookup(host, { all: true, verbatim: true }, (error, addresses) => {
    waiting.delete(host);
    let fresh: Entry | undefined;
    if (error === null) {
      const family = entry?.family ?? addresses[0]?.family ?? 0;
      fresh = { addresses, expiresAt: performance.now() + TTL_MS, family, turn: 0 };
      known.set(host, fresh);
    }
    for (const each of answers) each(error, fresh);
  });
}

/** The next order of addresses: each family turned by one, the one that works in front. */
function nextOrder(entry: Entry): LookupAddress[] {
  const turn = entry.turn++;
  const turned = (list: readonly LookupAddress[]): LookupAddress[] => {
    const from = list.length === 0 ? 0 : turn % list.length;
    return [...list.slice(from), ...list.slice(0, from)];
  };
  const first = entry.addresses.filter((a) => a.family === entry.family);
  const rest = entry.addresses.filter((a) => a.family !== entry.family);
  return [...turned(first), ...turned(rest)];
}

/** For `net.connect`. */
export const sharedLookup: LookupFunction = (host, options, callback) => {
  resolve(host, (error, entry) => {
    if (error !== null || entry === undefined) {
      callback(error ?? new Error(`no address for ${host}`), []);
      return;
    }
    const order = nextOrder(entry);
    const fitting =
      options.family === 4 || options.family === 6 ? order.filter((a) => a.family === options.family) : order;
    if (options.all === true) callback(null, fitting);
    else callback(null, fitting[0]?.address ?? '', fitting[0]?.family);
  });
};

/** Tells which family a connection came up with. */
export function preferFamily(host: string, family: 4 | 6): void {
  const entry = known.get(host);
  if (entry !== undefined) entry.family = family;
}
