/**
 * M/D/1, computed: Poisson arrivals, one server, every service takes the same time. A request waits for those before
 * it, so departure = max(arrival, last departure) + service; no events, no clock.
 */

import { Random } from '../../workers/vu/random.ts';

/** Response times of `count` arrivals in their order, from an empty queue on, the first `skip` left out. */
export function md1(
  rate: number,
  serviceMs: number,
  count: number,
  seed: number,
  skip = 0,
): Float64Array<ArrayBuffer> {
  const random = new Random(seed);
  const times = new Float64Array(count);
  let arrival = 0;
  let departure = 0;
  for (let n = -skip; n < count; n++) {
    arrival -= (Math.log1p(-random.next()) * 1000) / rate;
    departure = Math.max(arrival, departure) + serviceMs;
    if (n >= 0) times[n] = departure - arrival;
  }
  return times;
}

/** The value at rank ceil(p*N/100). */
export function percentile(times: Float64Array<ArrayBuffer>, p: number): number {
  return times.toSorted()[Math.max(0, Math.ceil((p * times.length) / 100 - 1e-9) - 1)] as number;
}
