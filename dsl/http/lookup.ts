/**
 * Name resolution for all VUs of a thread. Thousands of VUs that dial at once would queue behind libuv's four
 * resolver threads, so answers are kept for a time (`dns.ttl`) and equal questions wait for one answer.
 *
 *     policy    any: the family that last worked in front · prefer…: that one in front · only…: no other
 *     select    of the addresses of a family: roundRobin takes turns, random draws, first keeps the resolver's order
 *
 * The addresses behind the first are tried when it does not answer.
 */

import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { DnsSettings } from '../network.ts';

interface Entry {
  readonly addresses: readonly LookupAddress[];
  readonly resolvedAt: number;
  family: number;
  turn: number;
}

/** `localhost` is this machine in both families (RFC 6761), whatever the hosts file leaves out. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

type Answer = (error: NodeJS.ErrnoException | null, entry: Entry | undefined) => void;

/** The resolver: all addresses of a name. */
export type Ask = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface Names {
  /** For `net.connect`. `refuse` may throw away addresses, by returning the error for the case that none is left. */
  lookupBy(dns: DnsSettings, refuse?: (address: string) => Error | undefined): LookupFunction;
  /** Tells which family a connection came up with. */
  preferFamily(host: string, family: 4 | 6): void;
}

/** The next order of addresses. */
function nextOrder(entry: Entry, { select, policy }: DnsSettings): LookupAddress[] {
  const turn =
    select === 'first' ? 0 : select === 'random' ? Math.floor(Math.random() * 2 ** 31) : entry.turn++;
  const turned = (family: (address: LookupAddress) => boolean): LookupAddress[] => {
    const list = entry.addresses.filter(family);
    const from = list.length === 0 ? 0 : turn % list.length;
    return [...list.slice(from), ...list.slice(0, from)];
  };
  const front = policy === 'any' ? entry.family : policy.endsWith('4') ? 4 : 6;
  const first = turned((a) => a.family === front);
  return policy.startsWith('only') ? first : [...first, ...turned((a) => a.family !== front)];
}

/** An error that reads as one of the resolver. */
function resolverError(code: string, host: string): Error {
  return Object.assign(new Error(`no address for ${host}`), { code, syscall: 'getaddrinfo' });
}

/** Names and their answers; `now` is in milliseconds. */
export function createNames(ask: Ask, now: () => number): Names {
  const known = new Map<string, Entry>();
  const waiting = new Map<string, Answer[]>();

  const resolve = (host: string, ttlMs: number, answer: Answer): void => {
    const entry = known.get(host);
    if (entry !== undefined && entry.resolvedAt + ttlMs > now()) {
      answer(null, entry);
      return;
    }
    if (host === 'localhost') {
      const fresh = { addresses: LOOPBACK, resolvedAt: Number.POSITIVE_INFINITY, family: 4, turn: 0 };
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
    ask(host, (error, addresses) => {
      waiting.delete(host);
      let fresh: Entry | undefined;
      if (error === null) {
        const family = entry?.family ?? addresses[0]?.family ?? 0;
        fresh = { addresses, resolvedAt: now(), family, turn: 0 };
        known.set(host, fresh);
      }
      for (const each of answers) each(error, fresh);
    });
  };

  return {
    lookupBy: (dns, refuse) => (host, options, callback) => {
      resolve(host, dns.ttlMs, (error, entry) => {
        if (error !== null || entry === undefined) {
          callback(error ?? resolverError('ENOTFOUND', host), []);
          return;
        }
        let refused: Error | undefined;
        const fitting = nextOrder(entry, dns).filter((a) => {
          if ((options.family === 4 || options.family === 6) && a.family !== options.family) return false;
          const reason = refuse?.(a.address);
          refused ??= reason;
          return reason === undefined;
        });
        const first = fitting[0];
        if (first === undefined) callback(refused ?? resolverError('ENOTFOUND', host), []);
        else if (options.all === true) callback(null, fitting);
        else callback(null, first.address, first.family);
      });
    },
    preferFamily: (host, family) => {
      const entry = known.get(host);
      if (entry !== undefined) entry.family = family;
    },
  };
}

/** Those of this thread. */
export const names = createNames(
  (host, answer) => lookup(host, { all: true, verbatim: true }, answer),
  () => performance.now(),
);
