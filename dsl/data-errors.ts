/** What goes wrong with data of the script. */

import { InterruptedError } from './errors.ts';

/** Data cannot be read, built or used as asked; the message names the call, what was tried and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/**
 * Thrown by `feed.next()` when the feed has no item left to give: ends the iteration, which counts neither as done nor
 * as failed, and the VU starts no other.
 */
export class FeedEnd extends InterruptedError {}
