/** The requests under way, to be ended together. */

import { type Placed, Roster } from '../roster.ts';

/** A request under way. */
export interface Abortable extends Placed {
  abort(reason: Error): void;
}

export class UnderWay<T extends Abortable = Abortable> extends Roster<T> {
  /** Aborts all that are in the list now. */
  abortAll(reason: Error): void {
    for (const item of this.all()) item.abort(reason);
  }
}
