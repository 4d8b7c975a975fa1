/**
 * `feed`: hands out the items of an array to VUs, one per `next()`.
 *
 *     order        who gets what                                     when the items are used up (`onEnd`)
 *     sequential   in order, over all VUs and workers together       'recycle' (default): from the first again
 *     unique       the same; each item to exactly one caller         'stop' (default)
 *     random       any item, drawn by the VU's seeded random         never
 *
 *     'stop'       the iteration ends, neither done nor failed; the VU starts no other
 *     'fail'       the same, and the run exits with 110
 */

import { DataError, FeedEnd } from './data-errors.ts';
import type { VuHost } from './host.ts';

export type FeedOrder = 'sequential' | 'random' | 'unique';
export type FeedEndAction = 'recycle' | 'stop' | 'fail';

export interface FeedOptions {
  /** Default `'sequential'`. */
  order?: FeedOrder;
  /** Default `'recycle'`; `'stop'` where the order is `'unique'`. */
  onEnd?: FeedEndAction;
  /** Feeds of the same name share one position. Default: each call of `feed` has its own, over all VUs. */
  name?: string;
}

export interface Feed<T> {
  /** The next item; throws `FeedEnd` when there is none (not to be caught: it ends the iteration). */
  next(): T;
  /** Number of items. */
  readonly length: number;
}

const OPTIONS = ['order', 'onEnd', 'name'];
const ORDERS: readonly FeedOrder[] = ['sequential', 'random', 'unique'];
const ENDS: readonly FeedEndAction[] = ['recycle', 'stop', 'fail'];

/** `position`: the name under which all threads count what was handed out. */
export function createFeed<T>(
  host: VuHost,
  data: readonly T[],
  options: FeedOptions,
  position: string,
): Feed<T> {
  const { order, onEnd } = checked(data, options);
  const { length } = data;
  if (order === 'random') return { next: () => data[Math.floor(host.random() * length)] as T, length };
  let ended = false;
  const end = (): never => {
    const reason = `the feed ${options.name === undefined ? '' : `'${options.name}' `}has handed out all of its ${length} items`;
    if (onEnd === 'fail' && !ended) host.endRun('fail', reason);
    ended = true;
    throw new FeedEnd(reason);
  };
  return {
    next() {
      const at = host.shared.addAndGetPrevious(position, 1);
      if (at >= length && onEnd !== 'recycle') return end();
      return data[at % length] as T;
    },
    length,
  };
}

function checked(
  data: unknown,
  options: FeedOptions,
): { readonly order: FeedOrder; readonly onEnd: FeedEndAction } {
  if (!Array.isArray(data)) {
    throw new DataError('feed(data): data must be an array, such as what csv(), json() or shared() returns');
  }
  if (data.length === 0) throw new DataError('feed(data): data is empty');
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined)
    throw new DataError(`feed: unknown option '${unknown}'; there are ${OPTIONS.join(', ')}`);
  const { order = 'sequential' } = options;
  const { onEnd = order === 'unique' ? 'stop' : 'recycle' } = options;
  if (!ORDERS.includes(order)) throw new DataError(`feed: order '${order}' is none of ${ORDERS.join(', ')}`);
  if (!ENDS.includes(onEnd)) throw new DataError(`feed: onEnd '${onEnd}' is none of ${ENDS.join(', ')}`);
  if (order === 'unique' && onEnd === 'recycle') {
    throw new DataError(
      "feed: a unique feed cannot recycle its items; use onEnd 'stop' or 'fail', or order 'sequential'",
    );
  }
  if (order === 'random' && onEnd !== 'recycle') {
    throw new DataError(`feed: a random feed never ends, so onEnd '${onEnd}' would have no effect`);
  }
  return { order, onEnd };
}
