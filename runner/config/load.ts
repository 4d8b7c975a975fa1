/**
 * Which scenarios the options ask for, written out or by k6's shortcuts:
 *
 *     iterations [+ vus] [+ duration]   shared-iterations, `duration` as its `maxDuration`
 *     duration [+ vus]                  constant-vus
 *     stages [+ vus]                    ramping-vus, `vus` as its `startVUs`
 *     scenarios                         as they stand
 *     none of these                     shared-iterations with 1 VU and 1 iteration
 */

import type { ExecutorName, ResolvedScenario } from '../../dsl/options.ts';
import { whole } from './fields.ts';
import { type Input, subject } from './input.ts';
import { type Layer, LOAD_KEYS } from './layers.ts';
import { readScenario, readScenarios, type ScenarioContext } from './scenarios.ts';

/** Name of the scenario that shortcuts make, as in k6. */
export const SHORTCUT_SCENARIO = 'default';

/** Takes a setting that has no effect. */
export type ShortcutWarning = (input: Input, message: string, hint: string) => void;

const CLASHES: readonly (readonly [string, string])[] = [
  ['duration', 'stages'],
  ['iterations', 'stages'],
  ['duration', 'scenarios'],
  ['iterations', 'scenarios'],
  ['stages', 'scenarios'],
];

export function readLoad(
  options: Layer,
  context: ScenarioContext,
  warn: ShortcutWarning,
): ResolvedScenario[] {
  const { problems } = context;
  for (const [one, other] of CLASHES) {
    const [a, b] = [options.get(one), options.get(other)];
    if (a === undefined || b === undefined) continue;
    problems.add(
      a,
      `${subject(a)} and ${subject(b)} cannot be set together: each says on its own what to run.`,
      other === 'scenarios'
        ? `Move \`${one}\` into the scenarios, or leave one of the two out.`
        : 'Leave one of the two out.',
      'key',
    );
  }

  const vus = options.get('vus');
  const scenarios = options.get('scenarios');
  if (scenarios !== undefined) {
    if (vus !== undefined) warnIdleVus(vus, '`scenarios` set their own VUs', context, warn);
    return readScenarios(scenarios, context);
  }
  const [duration, iterations, stages] = LOAD_KEYS.map((key) => options.get(key));
  let shortcut: ResolvedScenario | undefined;
  if (iterations !== undefined) {
    shortcut = made('shared-iterations', { vus, iterations, maxDuration: duration }, context);
  } else if (stages !== undefined) {
    shortcut = made('ramping-vus', { startVUs: vus, stages }, context);
  } else if (duration !== undefined) {
    shortcut = made('constant-vus', { vus, duration }, context);
  } else {
    if (vus !== undefined)
      warnIdleVus(vus, 'nothing says how long to run, so one iteration runs', context, warn);
    shortcut = made('shared-iterations', {}, context);
  }
  return shortcut === undefined ? [] : [shortcut];
}

/** `vus` that shape nothing: checked all the same, and said aloud unless they ask for the 1 VU that runs anyway. */
function warnIdleVus(vus: Input, reason: string, { problems }: ScenarioContext, warn: ShortcutWarning): void {
  const count = whole(1)(vus, problems);
  if (count === undefined || count === 1) return;
  warn(
    vus,
    `${subject(vus)} (${count}) has no effect: ${reason}.`,
    'It goes together with `duration`, `iterations` or `stages`.',
  );
}

function made(
  executor: ExecutorName,
  given: Readonly<Record<string, Input | undefined>>,
  context: ScenarioContext,
): ResolvedScenario | undefined {
  const fields = new Map<string, Input>();
  const inputs = Object.entries(given).filter((entry): entry is [string, Input] => entry[1] !== undefined);
  const reason = inputs.find(([key]) => key !== 'vus' && key !== 'startVUs')?.[1];
  fields.set('executor', {
    value: executor,
    path: reason?.path ?? [],
    source: reason?.source ?? { layer: 'default' },
    text: false,
  });
  for (const [key, input] of inputs) fields.set(key, input);
  const outside = reason?.source.layer === 'flag' || reason?.source.layer === 'variable';
  const replacedBy = outside ? reason : undefined;
  return readScenario(SHORTCUT_SCENARIO, fields, undefined, { ...context, replacedBy });
}
