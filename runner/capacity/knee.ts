/**
 * The knee of the throughput-against-latency curve: where power, throughput divided by mean response time, is highest
 * (Kleinrock). Below it more load costs little time; above it more load buys time that users wait rather than
 * throughput. For M/M/1 it lies at half of the capacity, for M/D/1 at 2 - sqrt(2) = 59 %.
 */

export interface CurvePoint {
  /** Arrivals per second. */
  readonly rate: number;
  /** Completions per second. */
  readonly achieved: number;
  /** Mean response time, ms; null where nothing completed. */
  readonly avgMs: number | null;
}

/** The rate of the knee among those that were probed; probes of one rate count as their mean. Null without any. */
export function kneeOf(points: readonly CurvePoint[]): number | null {
  const byRate = new Map<number, number[]>();
  for (const { rate, achieved, avgMs } of points) {
    if (avgMs === null || avgMs <= 0) continue;
    const powers = byRate.get(rate) ?? [];
    powers.push(achieved / avgMs);
    byRate.set(rate, powers);
  }
  let knee: { readonly rate: number; readonly power: number } | undefined;
  for (const [rate, powers] of byRate) {
    const power = powers.reduce((sum, each) => sum + each, 0) / powers.length;
    if (knee === undefined || power > knee.power) knee = { rate, power };
  }
  return knee?.rate ?? null;
}
