/**
 * What the main thread finds out itself, on the same way as what workers measure: as snapshots of a source of its own,
 * so that a saved result and every output have it, too.
 */

import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { encodeSnapshot } from '../../workers/record/snapshot.ts';
import { SNAPSHOT_VERSION } from '../../workers/record/types.ts';
import { OWN_SOURCE } from '../aggregate/own-source.ts';
import type { OwnGauges, Selector } from '../aggregate/types.ts';

export class OwnGaugeRecorder implements OwnGauges {
  readonly #deliver: (bytes: ArrayBuffer) => void;
  readonly #ids = new Map<string, number>();
  #seq = 0;

  constructor(deliver: (bytes: ArrayBuffer) => void) {
    this.#deliver = deliver;
  }

  gauge(metric: string, tags: Selector['tags'], value: number, atMs: number): void {
    const def = BUILTIN_METRICS.find(({ name }) => name === metric);
    if (def === undefined) throw new TypeError(`${metric} is no metric of Brunt's`);
    const key = JSON.stringify([metric, tags]);
    const known = this.#ids.get(key);
    const id = known ?? this.#ids.size;
    this.#ids.set(key, id);
    this.#seq++;
    this.#deliver(
      encodeSnapshot({
        version: SNAPSHOT_VERSION,
        source: OWN_SOURCE,
        seq: this.#seq,
        fromMs: atMs,
        toMs: atMs,
        metrics: known === undefined ? [def] : [],
        series: known === undefined ? [{ id, metric, tags }] : [],
        deltas: [{ id, type: 'gauge', value, min: value, max: value, atMs }],
        errors: [],
        warnings: [],
      }),
    );
  }
}
