/** The outputs by name. Each is loaded only where it is asked for. */

import { ConfigError, type Problem } from '../../dsl/errors.ts';
import { orList } from '../config/fields.ts';
import { didYouMean } from '../config/nearest.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import type { Output } from './output.ts';
import { STDOUT } from './sink.ts';
import { type OutputSpec, parseOutput } from './spec.ts';

/** What an output may ask of its surroundings. */
export interface OutputContext {
  /** Folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (text: string) => void;
  /** What a module of the user's prints. */
  readonly log?: (level: LogLevel, text: string) => void;
}

/**
 * Makes an output of what the user wrote. Throws a ConfigError where nothing can come of it; what can only be found out
 * by trying is for the output's `open`.
 */
export type CreateOutput = (spec: OutputSpec, context: OutputContext) => Output | Promise<Output>;

interface OutputKind {
  /** What a user may write. */
  readonly example: string;
  load(): Promise<CreateOutput>;
}

const KINDS: Readonly<Record<string, OutputKind>> = {
  json: {
    example: 'json=points.json.gz',
    load: async () => (await import('./json-lines.ts')).createJsonLines,
  },
  csv: {
    example: 'csv=points.csv',
    load: async () => (await import('./csv.ts')).createCsv,
  },
  hdr: {
    example: 'hdr=latency.hlog',
    load: async () => (await import('./hdr-log.ts')).createHdrLog,
  },
  influxdb: {
    example: 'influxdb=http://127.0.0.1:8086/brunt',
    load: async () => (await import('./influxdb/influxdb.ts')).createInfluxdb,
  },
  otlp: {
    example: 'otlp=http://127.0.0.1:4318/v1/metrics',
    load: async () => (await import('./otlp/otlp.ts')).createOtlp,
  },
  prometheus: {
    example: 'prometheus=5656',
    load: async () => (await import('./prometheus/scrape.ts')).createScrape,
  },
  'prometheus-remote-write': {
    example: 'prometheus-remote-write=http://127.0.0.1:9090/api/v1/write',
    load: async () => (await import('./prometheus/remote-write.ts')).createRemoteWrite,
  },
  statsd: {
    example: 'statsd=127.0.0.1:8125',
    load: async () => (await import('./statsd/statsd.ts')).createStatsd,
  },
};

export const OUTPUT_KINDS: readonly string[] = Object.keys(KINDS);

function unknownKind({ kind, given }: OutputSpec): ConfigError {
  const message =
    kind === ''
      ? `-o ${given} names no kind of output: it must be ${orList(OUTPUT_KINDS)}.`
      : `-o ${given}: there is no output '${kind}' and no installed package of that name; there is ${orList(OUTPUT_KINDS)}.`;
  const hint = didYouMean(kind, OUTPUT_KINDS, "'");
  return new ConfigError([{ message, where: '--out', ...(hint === undefined ? {} : { hint }) }]);
}

function sharedFile({ name }: OutputSpec, other: Output): Problem {
  const what = other.file === STDOUT ? 'stdout' : 'the same file';
  return {
    message: `-o ${name} and -o ${other.name} would both write to ${what}.`,
    where: `-o ${name}`,
    hint: 'Give each a file of its own.',
  };
}

async function createOutput(spec: OutputSpec, context: OutputContext): Promise<Output> {
  if (!Object.hasOwn(KINDS, spec.kind)) {
    const { createCustom } = await import('./custom.ts');
    const custom = spec.kind === '' ? undefined : await createCustom(spec, context);
    if (custom === undefined) throw unknownKind(spec);
    return custom;
  }
  const create = await (KINDS[spec.kind] as OutputKind).load();
  return create(spec, context);
}

function letGo(outputs: readonly Output[]): void {
  for (const output of outputs) output.destroy?.();
}

/** All outputs that `-o` asks for. Rejects with a ConfigError that has the problems of all of them. */
export async function createOutputs(
  given: readonly string[],
  context: OutputContext,
): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  const problems: Problem[] = [];
  for (const one of given) {
    const spec = parseOutput(one);
    try {
      const made = await createOutput(spec, context);
      const other = outputs.find(({ file }) => file !== undefined && file === made.file);
      outputs.push(made);
      if (other !== undefined) problems.push(sharedFile(spec, other));
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        letGo(outputs);
        throw error;
      }
      problems.push(...error.problems.map((problem) => ({ where: `-o ${spec.name}`, ...problem })));
    }
  }
  if (problems.length === 0) return outputs;
  letGo(outputs);
  throw new ConfigError(problems);
}
