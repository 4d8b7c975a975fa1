/** When a call is tried again: `params.retry`, read and judged. */

import { type Duration, parseDuration } from '../duration.ts';
import type { StatusRange } from './expected-statuses.ts';
import type { Retry } from './types.ts';

const DEFAULT_BACKOFF_MS = 100;
/** Longest wait between two attempts, also where a server asks for more. */
const LONGEST_BACKOFF_MS = 30_000;
const DEFAULT_STATUSES = new Set([429, 502, 503, 504]);
/** Methods that may reach the system twice without another effect (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

export interface RetryPlan {
  readonly times: number;
  readonly on: readonly StatusRange[] | undefined;
  /** Milliseconds before the retry of that number, from 1. */
  backoffMs(retry: number): number;
}

function wrong(what: string, value: unknown): TypeError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new TypeError(`http params.${what}, not ${shown}`);
}

function readMs(value: unknown): number {
  const ms = typeof value === 'string' ? parseDuration(value as Duration & string) : value;
  if (typeof ms !== 'number' || !(ms >= 0))
    throw wrong("retry.backoff: a duration such as '100ms' or 100 (ms)", value);
  return Math.min(ms, LONGEST_BACKOFF_MS);
}

function readEnd(end: unknown): StatusRange {
  if (typeof end === 'number' && Number.isInteger(end)) return { min: end, max: end };
  const { min, max } = (end ?? {}) as Partial<StatusRange>;
  if (typeof min === 'number' && typeof max === 'number' && min <= max) return { min, max };
  throw wrong('retry.on: a list of statuses, error codes and ranges { min, max }', end);
}

/** Throws TypeError for what cannot be meant. A number is `{ times }`; 0 is no retry, undefined. */
export function readRetry(given: unknown): RetryPlan | undefined {
  const {
    times,
    on,
    backoff = DEFAULT_BACKOFF_MS,
  } = (typeof given === 'number' ? { times: given } : (given ?? {})) as Partial<Retry>;
  if (typeof times !== 'number' || !Number.isInteger(times) || times < 0)
    throw wrong(
      'retry: a number of retries, or { times, on, backoff }',
      typeof given === 'number' ? given : times,
    );
  if (times === 0) return undefined;
  if (on !== undefined && !Array.isArray(on)) throw wrong('retry.on: a list', on);
  const firstMs = typeof backoff === 'function' ? 0 : readMs(backoff);
  return {
    times,
    on: (on as readonly unknown[] | undefined)?.map(readEnd),
    backoffMs: (retry) =>
      typeof backoff === 'function'
        ? readMs(backoff(retry))
        : Math.min(firstMs * 2 ** (retry - 1), LONGEST_BACKOFF_MS),
  };
}

/** How an attempt ended. */
export interface Ended {
  readonly method: string;
  readonly status: number;
  readonly errorCode: number;
}

/** A request that never left: the connection was not made. */
function neverSent(errorCode: number): boolean {
  return (
    errorCode >= 1100 && errorCode <= 1399 && (errorCode < 1200 || errorCode >= 1210) && errorCode !== 1220
  );
}

/** Whether such an end is tried again. */
export function retries(plan: RetryPlan, { method, status, errorCode }: Ended): boolean {
  const code = status === 0 ? errorCode : status;
  if (plan.on !== undefined) {
    return plan.on.some(
      ({ min, max }) => (code >= min && code <= max) || (errorCode >= min && errorCode <= max),
    );
  }
  if (status !== 0) return DEFAULT_STATUSES.has(status);
  // 1020: a URL that cannot be parsed will not get better.
  if (errorCode === 1020) return false;
  return IDEMPOTENT.has(method) || neverSent(errorCode);
}

/** What a `Retry-After` header asks for (seconds or a date), within the bound; 0 where there is none. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, LONGEST_BACKOFF_MS) : 0;
}
