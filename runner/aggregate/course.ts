/** The course of a counter, rate or trend, second by second. */

import type { SeriesDelta } from '../../workers/record/types.ts';
import type { HistoryPoint } from './types.ts';

/**
 * What a second's value is: of a counter the increase, of a rate the share of passes, of a trend the average. All are
 * a quotient of sums, so late reports still find their second.
 */
export class Course {
  readonly #seconds = new Map<number, { atMs: number; sum: number; count: number }>();

  apply(second: number, toMs: number, delta: SeriesDelta): void {
    let point = this.#seconds.get(second);
    if (point === undefined) {
      point = { atMs: toMs, sum: 0, count: delta.type === 'counter' ? 1 : 0 };
      this.#seconds.set(second, point);
    }
    point.atMs = Math.max(point.atMs, toMs);
    switch (delta.type) {
      case 'counter':
        point.sum += delta.sum;
        break;
      case 'rate':
        point.sum += delta.passes;
        point.count += delta.passes + delta.fails;
        break;
      case 'trend':
        point.sum += delta.sum;
        point.count += delta.count;
        break;
      case 'gauge':
        break;
    }
  }

  points(): readonly HistoryPoint[] {
    return [...this.#seconds.values()]
      .filter((point) => point.count > 0)
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, sum, count }) => ({ atMs, value: sum / count }));
  }
}
