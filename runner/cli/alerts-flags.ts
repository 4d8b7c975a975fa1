/** The flags of `brunt alerts`, and what their values mean. */

import { parseDuration } from '../../dsl/duration.ts';
import type { Problem } from '../../dsl/errors.ts';
import type { AlertsFlags } from '../commands/alerts.ts';
import type { PlainFlag } from './command.ts';
import { readEnv } from './run-flags.ts';

export const ALERTS_FLAGS: readonly PlainFlag[] = [
  { flag: '--output', short: '-O', value: 'FILE', help: 'write the rules there (default: print them)' },
  { flag: '--for', value: 'TIME', help: 'how long a threshold must fail (default: as fits each)' },
  { flag: '--label', value: 'K=V', repeatable: true, help: 'label of every alert, to route it (repeatable)' },
  { flag: '--native-histograms', help: 'for runs that write ?histograms=native' },
  { flag: '--baseline', value: 'FILE', help: 'saved result, for limits that refer to a baseline' },
  { flag: '--env', short: '-e', value: 'K=V', repeatable: true, help: "add to the script's __ENV" },
  { flag: '--no-color', help: 'no colours' },
];

export interface GivenAlerts {
  readonly output?: string;
  readonly for?: string;
  readonly label?: readonly string[];
  readonly nativeHistograms?: true;
  readonly baseline?: string;
  readonly env?: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

function readLabels(given: readonly string[], problems: Problem[]): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const text of given) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
    if (name !== undefined && value !== undefined && !name.startsWith('__')) labels[name] = value;
    else
      problems.push({
        message: `--label is '${text}': it must be NAME=VALUE, the name of letters, digits and underscores.`,
        where: '--label',
        hint: 'Write it as in --label team=shop',
      });
  }
  return labels;
}

export function alertsFlags(given: GivenAlerts, env: Env, problems: Problem[]): AlertsFlags {
  const forMs = given.for === undefined ? undefined : (parseDuration(given.for) ?? Number.NaN);
  if (Number.isNaN(forMs)) {
    problems.push({
      message: `--for is '${given.for}': it must be a time.`,
      where: '--for',
      hint: 'Write it as in --for 30s',
    });
  }
  return {
    output: given.output,
    forMs,
    labels: readLabels(given.label ?? [], problems),
    nativeHistograms: given.nativeHistograms === true,
    baseline: given.baseline,
    env: readEnv(given.env ?? [], env, problems),
  };
}
