/** Many requests side by side, bounded in all and per host, in the order in which they were given. */

import type { HttpResponse } from './response.ts';
import type { BatchEntry, RequestBody, RequestUrl } from './types.ts';
import { NamedUrl } from './url.ts';

export interface BatchRequest {
  readonly method: string;
  readonly url: RequestUrl;
  readonly body: RequestBody | undefined;
  readonly params: unknown;
}

/** One entry in its common form. Throws TypeError for what is none. */
export function readEntry(entry: BatchEntry, place: string): BatchRequest {
  if (typeof entry === 'string' || entry instanceof URL || entry instanceof NamedUrl) {
    return { method: 'GET', url: entry, body: undefined, params: undefined };
  }
  if (Array.isArray(entry)) {
    const [method, url, body, params] = entry as readonly [string, RequestUrl, RequestBody?, unknown?];
    return { method, url, body, params };
  }
  if (typeof entry === 'object' && entry !== null && 'url' in entry) {
    return { method: entry.method ?? 'GET', url: entry.url, body: entry.body, params: entry.params };
  }
  throw new TypeError(
    `http.batch: entry ${place} is neither a URL nor [method, url, body?, params?] nor { method, url, body, params }`,
  );
}

export interface Prepared {
  /** Host and port. */
  readonly host: string;
  start(): Promise<HttpResponse>;
}

/**
 * Runs all; settles when the last one has. With a failure (`throw: true`, an interruption) nothing new is started and
 * the first failure is thrown once those under way are done.
 */
export function runBatch(
  requests: readonly Prepared[],
  limit: number,
  perHost: number,
): Promise<HttpResponse[]> {
  const host = requests[0]?.host;
  if (requests.every((request) => request.host === host))
    return runInOrder(requests, Math.min(limit, perHost));
  const results = new Array<HttpResponse>(requests.length);
  const waiting = requests.map((_, i) => i);
  const busy = new Map<string, number>();
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  return new Promise((resolve, reject) => {
    const ended = (host: string): void => {
      running--;
      busy.set(host, (busy.get(host) as number) - 1);
      startMore();
    };
    const startMore = (): void => {
      if (failure !== undefined) waiting.length = 0;
      let at = 0;
      while (running < limit && at < waiting.length) {
        const index = waiting[at] as number;
        const request = requests[index] as Prepared;
        const { host } = request;
        if ((busy.get(host) ?? 0) >= perHost) {
          at++;
          continue;
        }
        waiting.splice(at, 1);
        running++;
        busy.set(host, (busy.get(host) ?? 0) + 1);
        request.start().then(
          (response) => {
            results[index] = response;
            ended(host);
          },
          (error: unknown) => {
            failure ??= { error };
            ended(host);
          },
        );
      }
      if (running > 0 || waiting.length > 0) return;
      if (failure === undefined) resolve(results);
      // Whatever was thrown, as it was thrown.
      else reject(failure.error as Error);
    };
    startMore();
  });
}

/** The common case, all of one host: none overtakes another. */
function runInOrder(requests: readonly Prepared[], limit: number): Promise<HttpResponse[]> {
  const results = new Array<HttpResponse>(requests.length);
  let next = 0;
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  return new Promise((resolve, reject) => {
    const startMore = (): void => {
      while (running < limit && next < requests.length && failure === undefined) {
        const index = next++;
        running++;
        (requests[index] as Prepared).start().then(
          (response) => {
            results[index] = response;
            running--;
            startMore();
          },
          (error: unknown) => {
            failure ??= { error };
            running--;
            startMore();
          },
        );
      }
      if (running > 0) return;
      if (failure === undefined) resolve(results);
      // Whatever was thrown, as it was thrown.
      else reject(failure.error as Error);
    };
    startMore();
  });
}
