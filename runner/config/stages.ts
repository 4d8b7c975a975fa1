/** Reads the steps of a ramp. */

import type { ResolvedStage } from '../../dsl/options.ts';
import { duration, type Reader } from './fields.ts';
import { childOf, membersOf, show, subject } from './input.ts';
import { didYouMean } from './nearest.ts';
import { whole } from './record.ts';

const anyTime = duration('not negative');

const STAGE_KEYS = ['duration', 'target'] as const;

/** Steps of a ramp; their targets are VUs or a rate. */
export function stages(target: Reader<number>): Reader<readonly ResolvedStage[]> {
  return (input, problems) => {
    if (!Array.isArray(input.value)) {
      return problems.add(
        input,
        `${subject(input)} is ${show(input.value)}: it must be an array of steps, such as [{ duration: '30s', target: 50 }].`,
      );
    }
    if (input.value.length === 0)
      return problems.add(input, `${subject(input)} is empty: it must have at least one step.`);
    const read = input.value.map((value: unknown, i): ResolvedStage | undefined => {
      const stage = childOf(input, i, value);
      const members = membersOf(stage);
      if (members === undefined) {
        return problems.add(
          stage,
          `${subject(stage)} is ${show(value)}: it must be a step, such as { duration: '30s', target: 50 }.`,
        );
      }
      const before = problems.count;
      for (const [key, member] of members) {
        if ((STAGE_KEYS as readonly string[]).includes(key)) continue;
        const hint = didYouMean(key, STAGE_KEYS) ?? 'A step has `duration` and `target`.';
        problems.add(member, `${subject(member)} is not a field of a stage.`, hint, 'key');
      }
      const [durationInput, targetInput] = [members.get('duration'), members.get('target')];
      if (durationInput === undefined)
        problems.add(stage, `${subject(stage)} lacks \`duration\`: how long the step takes, such as '30s'.`);
      if (targetInput === undefined)
        problems.add(stage, `${subject(stage)} lacks \`target\`: what to reach by the end of the step.`);
      const durationMs = durationInput && anyTime(durationInput, problems);
      const value_ = targetInput && target(targetInput, problems);
      return problems.count > before ? undefined : whole<ResolvedStage>({ durationMs, target: value_ });
    });
    if (read.includes(undefined)) return undefined;
    const all = read as ResolvedStage[];
    const total = all.reduce((sum, stage) => sum + stage.durationMs, 0);
    if (total === 0)
      return problems.add(input, `${subject(input)} lasts 0s in all: give a step a duration above 0.`);
    return all;
  };
}
