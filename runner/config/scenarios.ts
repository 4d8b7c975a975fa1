/** Reads `scenarios`: names, executors, the fields of each, and whether the functions that they name exist. */

import type { ExecutorName, ResolvedScenario } from '../../dsl/options.ts';
import { DEFAULT_GRACE_MS, EXECUTOR_NAMES, EXECUTORS, SCENARIO_KEYS } from './executors.ts';
import { duration, filledText, orList, textRecord } from './fields.ts';
import { type Input, membersOf, show, subject } from './input.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Problems } from './problems.ts';
import type { Provenance } from './provenance.ts';
import { RecordReader } from './record.ts';
import { adviceFor, UNSUPPORTED_EXECUTORS, UNSUPPORTED_SCENARIO_KEYS } from './unsupported.ts';

export interface ScenarioContext {
  readonly problems: Problems;
  readonly sources: Provenance;
  /** Names of the functions that the script exports. */
  readonly functions: readonly string[];
  /** Names of the top-level options, to tell misplaced keys from unknown ones. */
  readonly optionKeys: ReadonlySet<string>;
  /** The flag or variable that put a shortcut in the place of the script's scenarios. */
  readonly replacedBy?: Input | undefined;
}

/** k6's rule; it also keeps names clear of the grammar of `{scenario:name}`. */
const SCENARIO_NAME = /^[A-Za-z0-9_-]+$/;

const LIFECYCLE: ReadonlySet<string> = new Set(['setup', 'teardown', 'handleSummary']);

const EXAMPLE = "such as { executor: 'constant-vus', vus: 10, duration: '30s' }";

export function readScenarios(input: Input, context: ScenarioContext): ResolvedScenario[] {
  const { problems } = context;
  const members = membersOf(input);
  if (members === undefined) {
    problems.add(
      input,
      `${subject(input)} is ${show(input.value)}: it must be an object of scenarios by name.`,
    );
    return [];
  }
  if (members.size === 0) {
    problems.add(input, `${subject(input)} is empty: name at least one scenario or leave it out.`);
    return [];
  }
  const result: ResolvedScenario[] = [];
  for (const [name, member] of members) {
    if (!SCENARIO_NAME.test(name)) {
      problems.add(
        member,
        `The scenario name ${show(name)} cannot be used: it must be made of letters, digits, \`_\` and \`-\`.`,
        undefined,
        'key',
      );
    }
    const fields = membersOf(member);
    if (fields === undefined) {
      problems.add(member, `${subject(member)} is ${show(member.value)}: it must be a scenario, ${EXAMPLE}.`);
      continue;
    }
    const scenario = readScenario(name, fields, member, context);
    if (scenario !== undefined) result.push(scenario);
  }
  return result;
}

/** One scenario; `owner` is where it was written, undefined for one made of shortcuts such as `vus` and `duration`. */
export function readScenario(
  name: string,
  fields: ReadonlyMap<string, Input>,
  owner: Input | undefined,
  context: ScenarioContext,
): ResolvedScenario | undefined {
  const { problems, sources } = context;
  const before = problems.count;
  const record = new RecordReader(fields, ['scenarios', name], owner, problems, sources);
  const executor = readExecutor(record, owner, problems, sources);
  reportForeignKeys(record, fields, executor, context);
  const base = {
    name,
    exec: record.optional('exec', filledText, 'default'),
    startTimeMs: record.optional('startTime', duration('not negative'), 0, '0s'),
    gracefulStopMs: record.optional('gracefulStop', duration('not negative'), DEFAULT_GRACE_MS, '30s'),
    env: record.optional('env', textRecord, {}),
    tags: record.optional('tags', textRecord, {}),
  };
  if (base.exec !== undefined) checkExec(base.exec, record, owner, context);
  const part = executor === undefined ? undefined : EXECUTORS[executor].read(record);
  return part === undefined || problems.count > before
    ? undefined
    : ({ ...base, ...part } as ResolvedScenario);
}

function readExecutor(
  record: RecordReader,
  owner: Input | undefined,
  problems: Problems,
  sources: Provenance,
): ExecutorName | undefined {
  const input = record.input('executor');
  if (input === undefined) {
    const whole = owner === undefined ? 'The scenario' : subject(owner);
    const guess = likelyExecutor([...record.keys]);
    problems.add(
      owner,
      `${whole} lacks \`executor\`: it must be ${orList(EXECUTOR_NAMES.map((n) => `'${n}'`))}.`,
      guess === undefined ? undefined : `Its fields look like executor: '${guess}'.`,
      'key',
    );
    return undefined;
  }
  const found = EXECUTOR_NAMES.find((n) => n === input.value);
  if (found !== undefined) {
    sources.record([...record.at, 'executor'], found, input.source, input.path);
    return found;
  }
  const advice = typeof input.value === 'string' ? adviceFor(input.value, UNSUPPORTED_EXECUTORS) : undefined;
  const hint = typeof input.value === 'string' ? didYouMean(input.value, EXECUTOR_NAMES, "'") : undefined;
  problems.add(
    input,
    `${subject(input)} is ${show(input.value)}: it must be ${orList(EXECUTOR_NAMES.map((n) => `'${n}'`))}.`,
    advice ?? hint,
  );
  return undefined;
}

/** The only executor that has all the scenario's fields, or the first of those that have the most of them. */
function likelyExecutor(keys: readonly string[]): ExecutorName | undefined {
  const own = keys.filter((key) => !(SCENARIO_KEYS as readonly string[]).includes(key));
  const score = (name: ExecutorName) => own.filter((key) => EXECUTORS[name].keys.includes(key)).length;
  const best = EXECUTOR_NAMES.toSorted((a, b) => score(b) - score(a))[0];
  return best !== undefined && score(best) > 0 ? best : undefined;
}

/** Keys that the scenario's executor does not have; without a valid executor, those that none has. */
function reportForeignKeys(
  record: RecordReader,
  fields: ReadonlyMap<string, Input>,
  executor: ExecutorName | undefined,
  { problems, optionKeys }: ScenarioContext,
): void {
  const own =
    executor === undefined ? EXECUTOR_NAMES.flatMap((n) => EXECUTORS[n].keys) : EXECUTORS[executor].keys;
  const allowed = ['executor', ...own, ...SCENARIO_KEYS];
  for (const [key, input] of fields) {
    if (allowed.includes(key)) continue;
    const what = subject(input);
    const others = EXECUTOR_NAMES.filter((n) => EXECUTORS[n].keys.includes(key));
    const advice = adviceFor(key, UNSUPPORTED_SCENARIO_KEYS);
    const has =
      executor === undefined ? undefined : `'${executor}' has ${own.map((k) => `\`${k}\``).join(', ')}.`;
    // Of thresholds nearly everybody means those of the run, although one executor has its own.
    if (others.length > 0 && executor !== undefined && key !== 'thresholds') {
      const names = orList(others.map((n) => `'${n}'`));
      problems.add(
        input,
        `${what} does not go with executor '${executor}': \`${key}\` belongs to ${names}.`,
        has,
        'key',
      );
    } else if (advice !== undefined) {
      problems.add(input, `${what} is not supported.`, advice, 'key');
    } else if (optionKeys.has(key)) {
      problems.add(
        input,
        `${what} is in the wrong place: \`${key}\` belongs to the top level of \`options\`.`,
        undefined,
        'key',
      );
    } else {
      record.misspelled(nearest(key, allowed));
      problems.add(input, `${what} is not a field of a scenario.`, didYouMean(key, allowed) ?? has, 'key');
    }
  }
}

function checkExec(
  exec: string,
  record: RecordReader,
  owner: Input | undefined,
  context: ScenarioContext,
): void {
  const { functions, problems } = context;
  if (functions.includes(exec)) return;
  const because = context.replacedBy;
  const candidates = functions.filter((f) => !LIFECYCLE.has(f));
  const exported =
    candidates.length === 0
      ? 'it exports no function'
      : `it exports ${candidates.map((f) => (f === 'default' ? 'a default function' : `\`${f}\``)).join(', ')}`;
  const input = record.input('exec');
  if (input !== undefined) {
    const hint =
      didYouMean(exec, candidates, "'") ?? `Write \`export async function ${exec}() { … }\` in the script.`;
    problems.add(
      input,
      `${subject(input)} is ${show(exec)}, but the script does not export that function: ${exported}.`,
      hint,
    );
    return;
  }
  if (because !== undefined) {
    problems.add(
      because,
      `${subject(because)} replaces the script's scenarios by its default function, and it has none: ${exported}.`,
      'Use --scenario NAME to run some of the scenarios as they are, or --once for a single iteration.',
    );
    return;
  }
  const hint =
    candidates.length === 0
      ? 'Write `export default async function () { … }` in the script.'
      : `Write \`export default async function () { … }\`, or name a function in a scenario: exec: '${candidates[0]}'.`;
  const who = owner === undefined ? '' : ` ${subject(owner)} runs it, as it names no other in \`exec\`.`;
  // A position inside the options would mislead where no scenario was written.
  problems.add(owner, `The script has no default function: ${exported}.${who}`, hint, 'key');
}
