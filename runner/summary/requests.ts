/** Rows of the REQUESTS table: one per method and name, over all statuses and error codes, busiest first. */

import type { Aggregate, SeriesState } from '../aggregate/types.ts';
import type { RequestRow } from './model.ts';

const KEYS = ['method', 'name'] as const;
const ORIGIN = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*|\$\{\}(?=\/))(.*)$/is;

/** What `http.url` writes for a value; at the start of a name it stands for the base URL. */
const ANY_ORIGIN = `$${'{}'}`;

function keyOf(state: SeriesState): string {
  return JSON.stringify(KEYS.map((key) => state.tags.get(key) ?? ''));
}

/** Without setup and teardown. Names lose the scheme and host that all of them share. */
export function requestRows(aggregate: Aggregate): readonly RequestRow[] {
  const durations = new Map(aggregate.grouped('http_req_duration', KEYS).map((s) => [keyOf(s), s]));
  const failures = new Map(aggregate.grouped('http_req_failed', KEYS).map((s) => [keyOf(s), s]));
  const rows = aggregate.grouped('http_reqs', KEYS).map((requests) => {
    const key = keyOf(requests);
    const duration = durations.get(key);
    return {
      method: requests.tags.get('method') ?? '',
      name: requests.tags.get('name') ?? '',
      count: requests.stat('count') ?? 0,
      rate: requests.stat('rate') ?? 0,
      // `http_req_failed` is the rate of failures: its passes are the requests that failed.
      failed: failures.get(key)?.stat('passes') ?? 0,
      duration:
        duration === undefined || duration.samples === 0
          ? null
          : {
              p50: duration.stat('p(50)') ?? 0,
              p95: duration.stat('p(95)') ?? 0,
              p99: duration.stat('p(99)') ?? 0,
              max: duration.stat('max') ?? 0,
            },
    };
  });
  return shortenNames(rows).toSorted(
    (a, b) => b.count - a.count || compare(a.name, b.name) || compare(a.method, b.method),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * `http://127.0.0.1:3000/products` becomes `/products` where no other host was called, and so does `${}/products`. Names that are no URLs stay,
 * and so does a URL whose path another row already has as its name.
 */
export function shortenNames<Row extends { readonly method: string; readonly name: string }>(
  rows: readonly Row[],
): readonly Row[] {
  const origins = new Set(
    rows.map((row) => ORIGIN.exec(row.name)?.[1]?.toLowerCase()).filter((o) => o !== undefined),
  );
  const anyOrigin = origins.delete(ANY_ORIGIN);
  if (origins.size > 1 || (origins.size === 0 && !anyOrigin)) return rows;
  const short = (row: Row): string => {
    const rest = ORIGIN.exec(row.name)?.[2];
    return rest === undefined || rest.startsWith('/') ? (rest ?? row.name) : `/${rest}`;
  };
  const uses = new Map<string, number>();
  for (const row of rows) {
    const key = `${row.method} ${short(row)}`;
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return rows.map((row) => {
    const name = short(row);
    return uses.get(`${row.method} ${name}`) === 1 ? { ...row, name } : row;
  });
}
