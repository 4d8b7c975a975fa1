/**
 * What our metrics and tags are called at Prometheus.
 *
 *     ours                       there                                            type
 *     trend, in ms               brunt_http_req_duration_seconds                  histogram
 *     trend, in bytes or plain   brunt_page_weight_bytes, brunt_items_found       histogram
 *     counter                    brunt_http_reqs_total                            counter
 *     counter, in bytes or ms    brunt_data_sent_bytes_total, …_seconds_total     counter
 *     rate                       brunt_checks_true_total: what the rate counts    counter
 *                                brunt_checks_samples_total: all                  counter
 *     gauge                      brunt_vus, brunt_generator_memory_bytes          gauge
 *     tag                        label of the same name
 *
 * Two families are made by Brunt itself: `brunt_run_info` (always 1; its labels tell of the run) and
 * `brunt_run_elapsed_seconds`, the time that the other numbers cover.
 */

import { ConfigError, type Problem } from '../../../dsl/errors.ts';
import type { MetricDef } from '../../../dsl/metrics.ts';

export type FamilyType = 'counter' | 'gauge' | 'histogram';

export interface Family {
  /** Of its samples; a histogram's carry a suffix more. */
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly unit: 'seconds' | 'bytes' | undefined;
}

const PREFIX = 'brunt_';

export const RUN_INFO: Family = {
  name: `${PREFIX}run_info`,
  type: 'gauge',
  help: 'A run: always 1.',
  unit: undefined,
};

export const RUN_ELAPSED: Family = {
  name: `${PREFIX}run_elapsed_seconds`,
  type: 'gauge',
  help: 'Time since the load began, up to which the other numbers count.',
  unit: 'seconds',
};

function unitOf({ unit }: MetricDef): Family['unit'] {
  return unit === 'ms' ? 'seconds' : unit === 'bytes' ? 'bytes' : undefined;
}

/** `text` with the suffix, unless it ends with it. */
function ending(text: string, suffix: string | undefined): string {
  return suffix === undefined || text.endsWith(`_${suffix}`) ? text : `${text}_${suffix}`;
}

/** What a value in the metric's unit is in Prometheus' base unit. */
export function toBaseUnit(value: number, def: MetricDef): number {
  return def.unit === 'ms' ? value / 1000 : value;
}

/** Families of a metric: one, or for a rate two: what it counts, and all. */
export function familiesOf(def: MetricDef): readonly Family[] {
  const unit = unitOf(def);
  const base = PREFIX + def.name;
  const made = `${def.name}, a ${def.type}${def.custom ? ' of the script' : ''}`;
  switch (def.type) {
    case 'trend':
      return [{ name: ending(base, unit), type: 'histogram', help: `${made}.`, unit }];
    case 'gauge':
      return [{ name: ending(base, unit), type: 'gauge', help: `${made}.`, unit }];
    case 'counter': {
      const plain = base.endsWith('_total') ? base.slice(0, -'_total'.length) : base;
      return [{ name: `${ending(plain, unit)}_total`, type: 'counter', help: `${made}.`, unit }];
    }
    case 'rate':
      return [
        { name: `${base}_true_total`, type: 'counter', help: `${made}: what it counts.`, unit },
        { name: `${base}_samples_total`, type: 'counter', help: `${made}: all samples.`, unit },
      ];
  }
}

/** Names of the samples of a family. */
function samplesOf({ name, type }: Family): readonly string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** Throws a ConfigError (exit 104) where two metrics would have samples of one name. */
export function checkNames(metrics: readonly MetricDef[]): void {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const family of [RUN_INFO, RUN_ELAPSED]) owners.set(family.name, "Brunt's own");
  for (const def of metrics) {
    for (const name of familiesOf(def).flatMap(samplesOf)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, `of ${def.name}`);
      else if (owner !== `of ${def.name}`) {
        problems.push({
          message: `The metric ${def.name} would be ${name} at Prometheus, a name that is ${owner}.`,
          hint: 'Give the metric another name in the script.',
        });
        break;
      }
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Labels that mean something else there. */
const RESERVED: ReadonlySet<string> = new Set(['le', 'quantile', 'run']);

/** Label of a tag: letters, digits and underscores, not the first a digit, none of the reserved names. */
export function labelOf(tag: string): string {
  const plain = tag.replace(/[^A-Za-z0-9_]/g, '_');
  return RESERVED.has(plain) || /^(?:\d|__|$)/.test(plain) ? `tag_${plain}` : plain;
}

/** Names labels so that different tags never share one: the second `a_b` (of `a.b` and `a-b`) is `a_b_2`. */
export class LabelNames {
  readonly #labels = new Map<string, string>();
  readonly #taken = new Set<string>();

  of(tag: string): string {
    const known = this.#labels.get(tag);
    if (known !== undefined) return known;
    const wanted = labelOf(tag);
    let label = wanted;
    for (let n = 2; this.#taken.has(label); n++) label = `${wanted}_${n}`;
    this.#taken.add(label);
    this.#labels.set(tag, label);
    return label;
  }
}
