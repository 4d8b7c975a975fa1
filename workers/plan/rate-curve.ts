/**
 * A rate of arrivals over time: straight lines joined end to end, and the area under them.
 *
 *     rate |      ____            area(t) = arrivals that are due by t
 *          |     /    \           timeOf(a) = when a whole arrivals have accumulated
 *          |    /      \
 *          |___/        \___ t
 *
 * Within a segment that goes from r0 to r1 in d, with slope k = (r1 - r0) / d:
 *
 *     area(t) = r0 t + k t^2 / 2        t(a) = 2a / (r0 + sqrt(r0^2 + 2 k a))
 *
 * That form of the root has no cancellation while k >= 0 and no division by k, so flat, steep and zero starts are one
 * case. A falling segment is solved from its end, where it is a rising one.
 */

import type { RateSegment } from './types.ts';

/** Area that counts as none: far below one arrival, far above what adding up segments rounds off. */
const SLACK = 1e-9;

interface Piece {
  readonly startMs: number;
  readonly durationMs: number;
  readonly from: number;
  readonly to: number;
  /** Area before the piece, and of the piece itself. */
  readonly before: number;
  readonly area: number;
}

export class RateCurve {
  readonly durationMs: number;
  /** Arrivals over the whole curve; not always a whole number. */
  readonly area: number;
  /** How far an area may be off by rounding. */
  readonly slack: number;
  readonly #pieces: readonly Piece[];

  constructor(segments: readonly RateSegment[]) {
    const pieces: Piece[] = [];
    let startMs = 0;
    let before = 0;
    for (const { durationMs, fromPerMs: from, toPerMs: to } of segments) {
      if (durationMs <= 0) continue;
      const area = ((from + to) / 2) * durationMs;
      pieces.push({ startMs, durationMs, from, to, before, area });
      startMs += durationMs;
      before += area;
    }
    this.#pieces = pieces;
    this.durationMs = startMs;
    this.area = before;
    this.slack = SLACK * Math.max(1, before);
  }

  /** Arrivals per millisecond at a time; 0 outside of the curve. */
  rateAt(ms: number): number {
    const piece = this.#pieceAt(ms);
    if (piece === undefined) return 0;
    return piece.from + (piece.to - piece.from) * ((ms - piece.startMs) / piece.durationMs);
  }

  /** Area up to a time. */
  areaAt(ms: number): number {
    const piece = this.#pieceAt(ms);
    if (piece === undefined) return ms < 0 ? 0 : this.area;
    const t = ms - piece.startMs;
    return piece.before + t * (piece.from + ((piece.to - piece.from) * t) / (2 * piece.durationMs));
  }

  /** Earliest time by which the area is reached; undefined where the whole curve has less. */
  timeOf(area: number): number | undefined {
    if (area > this.area + this.slack) return undefined;
    // The first piece that ends with at least this area: zero-rate pieces after it never delay the arrival.
    const pieces = this.#pieces;
    let low = 0;
    let high = pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = pieces[middle] as Piece;
      if (piece.before + piece.area + this.slack >= area) high = middle;
      else low = middle + 1;
    }
    const piece = pieces[low];
    return piece === undefined ? undefined : piece.startMs + timeWithin(piece, area - piece.before);
  }

  #pieceAt(ms: number): Piece | undefined {
    if (ms < 0) return undefined;
    return this.#pieces.find((piece) => ms < piece.startMs + piece.durationMs);
  }
}

function timeWithin({ from, to, durationMs, area }: Piece, wanted: number): number {
  if (wanted <= 0) return 0;
  if (wanted >= area) return durationMs;
  const slope = (to - from) / durationMs;
  if (slope >= 0) return rootOf(from, slope, wanted);
  return durationMs - rootOf(to, -slope, area - wanted);
}

/** Time to gather `area` on a line that starts at `rate` and does not fall. */
function rootOf(rate: number, slope: number, area: number): number {
  return (2 * area) / (rate + Math.sqrt(rate * rate + 2 * slope * area));
}
