/** Reads the options that stand beside the scenarios, from the one table of their readers and defaults. */

import { randomInt } from 'node:crypto';
import type { ResolvedOptions } from '../../dsl/options.ts';
import {
  duration,
  filledText,
  flag,
  headerText,
  listOf,
  oneOf,
  type Reader,
  textRecord,
  whole,
} from './fields.ts';
import { type Input, membersOf, show, subject } from './input.ts';
import { type Layer, LOAD_KEYS } from './layers.ts';
import { didYouMean } from './nearest.ts';
import { NETWORK_KEYS, readNetwork } from './network.ts';
import type { Problems } from './problems.ts';
import { DEFAULT, type Provenance } from './provenance.ts';
import { RecordReader } from './record.ts';
import { adviceFor, UNSUPPORTED_OPTIONS } from './unsupported.ts';
import { bruntVersion } from './version.ts';

/** Options that are neither the load nor judged with it. */
export type GeneralOptions = Omit<ResolvedOptions, 'scenarios' | 'thresholds' | 'workers'> & {
  /** Undefined: as many as fit. */
  readonly workers: number | undefined;
};

export const DEFAULT_TREND_STATS = [
  'count',
  'avg',
  'min',
  'med',
  'max',
  'stdev',
  'p(50)',
  'p(90)',
  'p(95)',
  'p(99)',
  'p(99.9)',
] as const;

/** More threads than this only take turns on any machine that one process runs on. */
const MOST_WORKERS = 256;

const SEEDS = 2 ** 32;

const NAMED_STATS = ['count', 'avg', 'min', 'med', 'max', 'stdev'] as const;

/** `count`, `avg`, … or `p(N)` with 0 < N <= 100. */
const trendStat: Reader<string> = (input, problems) => {
  const { value } = input;
  if (typeof value === 'string') {
    const trimmed = value.trim();
    if ((NAMED_STATS as readonly string[]).includes(trimmed)) return trimmed;
    const percentile = /^p\(\s*(\d+(?:\.\d+)?)\s*\)$/.exec(trimmed);
    if (percentile !== null && Number(percentile[1]) > 0 && Number(percentile[1]) <= 100)
      return `p(${Number(percentile[1])})`;
  }
  const allowed = `${NAMED_STATS.join(', ')} or p(N) with N above 0 and up to 100`;
  return problems.add(input, `${subject(input)} is ${show(value)}: it must be ${allowed}.`, statHint(value));
};

function statHint(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const percentile = /^p[([\s]*(\d+(?:\.\d+)?)[)\]\s]*$/i.exec(value.trim());
  if (percentile !== null && Number(percentile[1]) > 0 && Number(percentile[1]) <= 100)
    return `Did you mean 'p(${percentile[1]})'?`;
  const words: Readonly<Record<string, string>> = {
    median: 'med',
    mean: 'avg',
    average: 'avg',
    std: 'stdev',
    stddev: 'stdev',
  };
  const word = words[value.trim().toLowerCase()];
  return word === undefined ? didYouMean(value, NAMED_STATS, "'") : `Did you mean '${word}'?`;
}

const trendStats: Reader<readonly string[]> = (input, problems) => {
  const stats = listOf(trendStat, "statistics, such as ['avg', 'p(95)']")(input, problems);
  if (stats?.length === 0)
    return problems.add(input, `${subject(input)} is empty: name at least one statistic.`);
  return stats && [...new Set(stats)];
};

const httpDebug: Reader<false | 'heads' | 'full'> = (input, problems) => {
  const { value } = input;
  if (value === 'full' || (input.text && value === 'heads')) return value;
  if (typeof value === 'boolean' || (input.text && /^(true|false|1|0|yes|no|on|off)$/i.test(String(value)))) {
    return flag(input, problems) === true ? 'heads' : false;
  }
  const allowed = input.text ? 'heads or full' : "true, false or 'full'";
  return problems.add(input, `${subject(input)} is ${show(value)}: it must be ${allowed}.`);
};

const VALIDITY_KEYS = ['maxStartLag'] as const;

function validity(problems: Problems, sources: Provenance): Reader<ResolvedOptions['validity']> {
  return (input) => {
    const members = membersOf(input);
    if (members === undefined) {
      return problems.add(
        input,
        `${subject(input)} is ${show(input.value)}: it must be an object such as { maxStartLag: '100ms' }.`,
      );
    }
    reportUnknown(members, VALIDITY_KEYS, problems, 'is not a condition of `validity`');
    const record = new RecordReader(members, ['validity'], input, problems, sources);
    const maxStartLagMs = record.optional('maxStartLag', duration('positive'), 100, '100ms');
    return maxStartLagMs === undefined ? undefined : { maxStartLagMs };
  };
}

function reportUnknown(
  members: ReadonlyMap<string, Input>,
  allowed: readonly string[],
  problems: Problems,
  complaint: string,
): void {
  for (const [key, input] of members) {
    if (allowed.includes(key)) continue;
    const hint = didYouMean(key, allowed) ?? `It has ${allowed.map((k) => `\`${k}\``).join(', ')}.`;
    problems.add(input, `${subject(input)} ${complaint}.`, hint, 'key');
  }
}

/** Empty defaults stand in for what is wrong: with a problem reported the result is never used. */
export function readGeneralOptions(layer: Layer, problems: Problems, sources: Provenance): GeneralOptions {
  const r = new RecordReader(layer, [], undefined, problems, sources);
  const anyTime = duration('not negative');
  const someTime = duration('positive');
  const on = (key: string) => r.optional(key, flag, false) ?? false;
  return {
    breakdown: r.optional('breakdown', listOf(filledText, "texts, such as ['region']"), []) ?? [],
    tags: readTags(r, problems, sources),
    setupTimeoutMs: r.optional('setupTimeout', someTime, 60_000, '60s') ?? 0,
    teardownTimeoutMs: r.optional('teardownTimeout', someTime, 60_000, '60s') ?? 0,
    minIterationDurationMs: r.optional('minIterationDuration', anyTime, 0, '0s') ?? 0,
    summaryTrendStats: r.optional('summaryTrendStats', trendStats, DEFAULT_TREND_STATS) ?? [],
    validity: readValidity(r, problems, sources),
    workers: layer.has('workers') ? r.optional('workers', whole(1, MOST_WORKERS), 1) : undefined,
    seed: r.optional('seed', whole(0, SEEDS - 1), randomInt(SEEDS)) ?? 0,
    batch: r.optional('batch', whole(1), 20) ?? 0,
    batchPerHost: r.optional('batchPerHost', whole(1), 6) ?? 0,
    connections: r.optional('connections', oneOf(['vu', 'shared']), 'vu') ?? 'vu',
    maxRedirects: r.optional('maxRedirects', whole(0), 10) ?? 0,
    discardResponseBodies: on('discardResponseBodies'),
    userAgent: r.optional('userAgent', headerText, `Brunt/${bruntVersion()}`) ?? '',
    throw: on('throw'),
    noConnectionReuse: on('noConnectionReuse'),
    noVUConnectionReuse: on('noVUConnectionReuse'),
    noCookiesReset: on('noCookiesReset'),
    traceContext: on('traceContext'),
    insecureSkipTLSVerify: on('insecureSkipTLSVerify'),
    network: readNetwork(r),
    httpDebug: r.optional('httpDebug', httpDebug, false) ?? false,
  };
}

function readValidity(r: RecordReader, problems: Problems, sources: Provenance): ResolvedOptions['validity'] {
  const input = r.input('validity');
  if (input !== undefined) return validity(problems, sources)(input, problems) ?? { maxStartLagMs: 0 };
  sources.record(['validity', 'maxStartLag'], '100ms', DEFAULT);
  return { maxStartLagMs: 100 };
}

/** Tags may come from several layers: each keeps its own source. */
function readTags(
  r: RecordReader,
  problems: Problems,
  sources: Provenance,
): Readonly<Record<string, string>> {
  const input = r.input('tags');
  const read = input === undefined ? {} : textRecord(input, problems);
  for (const [key, member] of (input && membersOf(input)) ?? []) {
    sources.record(['tags', key], member.value, member.source, member.path);
  }
  return read ?? {};
}

/** Every name that `options` may hold, in the order of `dsl/options.ts`. */
export const OPTION_KEYS: readonly string[] = [
  'vus',
  ...LOAD_KEYS,
  'thresholds',
  'breakdown',
  'tags',
  'setupTimeout',
  'teardownTimeout',
  'minIterationDuration',
  'summaryTrendStats',
  'validity',
  'workers',
  'seed',
  'batch',
  'batchPerHost',
  'connections',
  'maxRedirects',
  'discardResponseBodies',
  'userAgent',
  'throw',
  'noConnectionReuse',
  'noVUConnectionReuse',
  'noCookiesReset',
  'traceContext',
  'insecureSkipTLSVerify',
  ...NETWORK_KEYS,
  'httpDebug',
];

/** Names that are no option; what k6 has and Brunt hasn't gets advice. */
export function reportUnknownOptions(
  layer: Layer,
  scenarioKeys: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const [key, input] of layer) {
    if (OPTION_KEYS.includes(key)) continue;
    const advice = adviceFor(key, UNSUPPORTED_OPTIONS);
    if (advice !== undefined) {
      problems.add(input, `${subject(input)} is not an option of Brunt.`, advice, 'key');
    } else if (scenarioKeys.has(key)) {
      problems.add(
        input,
        `${subject(input)} is in the wrong place: it belongs to a scenario.`,
        `Write it inside: scenarios: { name: { executor: …, ${key}: … } }`,
        'key',
      );
    } else {
      const hint = didYouMean(key, OPTION_KEYS) ?? `Options are ${OPTION_KEYS.join(', ')}.`;
      problems.add(input, `${subject(input)} is not an option.`, hint, 'key');
    }
  }
}
