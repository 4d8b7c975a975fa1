/** Gathers the flags of `run` and the variables that stand in for them. */

import type { Problem } from '../../dsl/errors.ts';
import { orList } from '../config/fields.ts';
import { splitList } from '../config/layers.ts';
import { didYouMean } from '../config/nearest.ts';
import { type RunFlags, SUMMARY_MODES, type SummaryMode } from '../config/run-flags.ts';
import { type GivenSetting, givenVariables, type Setting } from '../config/settings.ts';

/** Each flag that was given, with its values in order. */
export type GivenFlags = ReadonlyMap<Setting, readonly (string | true)[]>;

type Env = Readonly<Record<string, string | undefined>>;

export function runFlags(given: GivenFlags, env: Env, problems: Problem[]): RunFlags {
  const flags: GivenSetting[] = [...given].map(([setting, values]) => ({
    setting,
    values,
    name: setting.flag as string,
    by: 'flag',
  }));
  const byKey = new Map<string, GivenSetting>();
  for (const one of [...givenVariables(env, 'run'), ...flags])
    if (one.setting.to === 'run') byKey.set(one.setting.key, one);

  const isOn = (key: string) => readSwitch(byKey.get(key), problems);
  const textOf = (key: string) => byKey.get(key)?.values.filter((v) => v !== true) ?? [];
  const scenario = byKey.get('scenario');
  return {
    given: flags.filter((one) => one.setting.to === 'option'),
    env: readEnv(textOf('env'), env, problems),
    scenarios: [...new Set(splitList(textOf('scenario')))],
    scenariosBy: { layer: scenario?.by ?? 'flag', name: scenario?.name ?? '--scenario' },
    once: isOn('once'),
    noThresholds: isOn('noThresholds'),
    noSetup: isOn('noSetup'),
    noTeardown: isOn('noTeardown'),
    summaryExport: readFile(byKey.get('summaryExport'), problems),
    save: readFile(byKey.get('save'), problems),
    baseline: readFile(byKey.get('baseline'), problems),
    report: readFile(byKey.get('report'), problems),
    outputs: [...new Set(textOf('out'))],
    traceSlowest: readWhole(byKey.get('traceSlowest'), 1000, problems) ?? 0,
    dashboard: readWhole(byKey.get('dashboard'), 65_535, problems),
    junit: readFile(byKey.get('junit'), problems),
    markdown: readFile(byKey.get('markdown'), problems),
    summaryMode: readMode(byKey.get('summaryMode'), problems),
    quiet: isOn('quiet'),
    noColor: isOn('noColor') || (env.NO_COLOR !== undefined && env.NO_COLOR !== ''),
  };
}

/** A switch is on where its flag stands, or where its variable says so. */
function readSwitch(given: GivenSetting | undefined, problems: Problem[]): boolean {
  const value = given?.values.at(-1);
  if (given === undefined || value === undefined) return false;
  if (value === true || /^(1|true|yes|on)$/i.test(value)) return true;
  if (!/^(0|false|no|off)$/i.test(value)) {
    problems.push({ message: `${given.name} is '${value}': it must be true or false.`, where: given.name });
  }
  return false;
}

function readFile(given: GivenSetting | undefined, problems: Problem[]): string | undefined {
  const value = given?.values.at(-1);
  if (given === undefined || typeof value !== 'string') return undefined;
  if (value.trim() !== '') return value;
  problems.push({ message: `${given.name} is empty: it must name a file.`, where: given.name });
  return undefined;
}

/** A whole number from 0. */
function readWhole(given: GivenSetting | undefined, most: number, problems: Problem[]): number | undefined {
  const value = given?.values.at(-1);
  if (given === undefined || typeof value !== 'string') return undefined;
  if (/^\d+$/.test(value) && Number(value) <= most) return Number(value);
  problems.push({
    message: `${given.name} is '${value}': it must be a whole number from 0 to ${most}.`,
    where: given.name,
  });
  return undefined;
}

function readMode(given: GivenSetting | undefined, problems: Problem[]): SummaryMode {
  const value = given?.values.at(-1);
  const found = SUMMARY_MODES.find((mode) => mode === value);
  if (given !== undefined && typeof value === 'string' && found === undefined) {
    const hint = didYouMean(value, SUMMARY_MODES);
    problems.push({
      message: `${given.name} is '${value}': it must be ${orList(SUMMARY_MODES)}.`,
      where: given.name,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return found ?? 'compact';
}

/** `K=V` sets a variable; `K` alone passes this shell's value on, as in k6. */
/** Of `-e K=V`; without a value that of this process's variable. */
export function readEnv(
  pairs: readonly string[],
  env: Env,
  problems: Problem[],
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? env[key] : pair.slice(equals + 1);
    if (key.trim() === '') {
      problems.push({
        message: `--env is '${pair}': it must be KEY=VALUE.`,
        where: '--env',
        hint: 'For example: -e BASE_URL=http://127.0.0.1:8080',
      });
    } else if (value === undefined) {
      problems.push({
        message: `--env names '${key}' without a value, and this shell has no such variable.`,
        where: '--env',
        hint: `Write -e ${key}=VALUE`,
      });
    } else {
      result[key] = value;
    }
  }
  return result;
}
