/** Reads the steps of a ramp. */

import type { ResolvedStage } from '../../dsl/options.ts';
import { duration, type Reader } from './fields.ts';
import { childOf, type Input, membersOf, show, subject } from './input.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Problems } from './problems.ts';
import { whole } from './record.ts';

const EXAMPLE = "{ duration: '30s', target: 50 }";

/** The fields, each with what a stage lacks without it. */
const LACKS = {
  duration: "how long the step takes, such as '30s'",
  target: 'what to reach by the end of the step',
} as const;

const KEYS = Object.keys(LACKS) as readonly (keyof typeof LACKS)[];

/** A step of no duration is a jump. */
const stepDuration = duration('not negative');

/** Steps whose targets are VUs or a rate. */
export function stages(target: Reader<number>): Reader<readonly ResolvedStage[]> {
  return (input, problems) => {
    const what = subject(input);
    if (!Array.isArray(input.value)) {
      const message = `${what} is ${show(input.value)}: it must be an array of steps, such as [${EXAMPLE}].`;
      return problems.add(input, message);
    }
    if (input.value.length === 0) {
      return problems.add(input, `${what} is empty: it must have at least one step.`);
    }
    const steps = input.value.map((value: unknown, i) =>
      readStage(childOf(input, i, value), target, problems),
    );
    const good = steps.filter((step) => step !== undefined);
    if (good.length < steps.length) return undefined;
    if (good.every((step) => step.durationMs === 0)) {
      return problems.add(input, `${what} lasts 0s in all: give a step a duration above 0.`);
    }
    return good;
  };
}

function readStage(stage: Input, target: Reader<number>, problems: Problems): ResolvedStage | undefined {
  const members = membersOf(stage);
  if (members === undefined) {
    const message = `${subject(stage)} is ${show(stage.value)}: it must be a step, such as ${EXAMPLE}.`;
    return problems.add(stage, message);
  }
  const before = problems.count;
  const present = new Set<string>(members.keys());
  for (const [key, member] of members) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    // A misspelled field is not missing as well.
    present.add(nearest(key, KEYS) ?? key);
    const hint = didYouMean(key, KEYS) ?? 'A step has `duration` and `target`.';
    problems.add(member, `${subject(member)} is not a field of a stage.`, hint, 'key');
  }
  for (const key of KEYS) {
    if (!present.has(key)) problems.add(stage, `${subject(stage)} lacks \`${key}\`: ${LACKS[key]}.`);
  }
  const read = <T>(key: string, reader: Reader<T>): T | undefined => {
    const input = members.get(key);
    return input && reader(input, problems);
  };
  const step = whole<ResolvedStage>({
    durationMs: read('duration', stepDuration),
    target: read('target', target),
  });
  return problems.count > before ? undefined : step;
}
