/**
 * Lays the layers on each other, later wins:
 *
 *     script `options`  <  (config file, its profile, its environment: not yet)  <  BRUNT_* variables  <  flags
 *
 * Two rules beside "the later value wins", the first of them k6's:
 * - What shapes the load (`duration`, `iterations`, `stages`, `scenarios`) belongs together: a layer that sets one of
 *   the four discards all four of the layers below. `vus` alone discards nothing.
 * - `tags`, `thresholds` and `validity` are merged by key.
 */

import { type Input, isRecord, membersOf, scriptInput, show } from './input.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';
import type { Source } from './provenance.ts';
import { type GivenSetting, givenVariables, SETTINGS, type Setting } from './settings.ts';

/** One layer: its options by name. */
export type Layer = ReadonlyMap<string, Input>;

export const LOAD_KEYS = ['duration', 'iterations', 'stages', 'scenarios'] as const;

const MERGED_BY_KEY: ReadonlySet<string> = new Set(['tags', 'thresholds', 'validity']);

export function scriptLayer(options: unknown, problems: Problems): Layer {
  if (options === undefined) return new Map();
  const root = scriptInput(options, []);
  const members = membersOf(root);
  if (members !== undefined) return members;
  problems.add(
    root,
    `The \`options\` export is ${show(options)}: it must be an object.`,
    "Write `export const options = defineOptions({ vus: 10, duration: '30s' });`.",
  );
  return new Map();
}

export function variableLayer(env: Readonly<Record<string, string | undefined>>, problems: Problems): Layer {
  return settingsLayer(givenVariables(env, 'option'), problems);
}

/** Layer of flags or variables; only settings that stand for options. */
export function settingsLayer(given: readonly GivenSetting[], problems: Problems): Layer {
  const layer = new Map<string, Input>();
  for (const one of given) {
    const source: Source = { layer: one.by, name: one.name };
    const bare: Input = { value: one.values.at(-1), path: [one.setting.key], source, text: true };
    layer.set(one.setting.key, { ...bare, value: parsed(one, bare, problems) });
  }
  return layer;
}

function parsed(given: GivenSetting, input: Input, problems: Problems): unknown {
  const texts = given.values.filter((v) => v !== true);
  switch (given.setting.kind) {
    case 'value':
    case 'switch':
      return input.value;
    case 'list':
      return splitList(texts);
    case 'stages':
      return splitList(texts).map((stage) => parseStage(stage, input, problems));
    case 'pairs': {
      const pairs = given.by === 'variable' ? splitList(texts) : texts;
      return Object.fromEntries(pairs.flatMap((pair) => parsePair(pair, input, problems)));
    }
  }
}

/** Items between commas, but not between commas in brackets. */
export function splitList(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(/,(?![^(]*\))/)).flatMap((item) => item.trim() || []);
}

function parseStage(stage: string, input: Input, problems: Problems): unknown {
  const colon = stage.lastIndexOf(':');
  if (colon > 0) return { duration: stage.slice(0, colon), target: stage.slice(colon + 1) };
  const name = input.source.layer === 'flag' ? input.source.name : `\`${input.path.join('.')}\``;
  problems.add(input, `${name} has the stage ${show(stage)}: it must be TIME:TARGET, such as 30s:50.`);
  // Stands in for the stage so that it is reported once only.
  return { duration: '1s', target: '1' };
}

function parsePair(pair: string, input: Input, problems: Problems): [[string, string]] | [] {
  const equals = pair.indexOf('=');
  if (equals > 0) return [[pair.slice(0, equals).trim(), pair.slice(equals + 1)]];
  problems.add(input, `${nameOf(input)} is ${show(pair)}: it must be KEY=VALUE, such as team=shop.`);
  return [];
}

function nameOf(input: Input): string {
  return input.source.layer === 'flag' || input.source.layer === 'variable'
    ? input.source.name
    : input.path.join('.');
}

/** Lays layers on each other, the first lowest. */
export function mergeLayers(layers: readonly Layer[]): Layer {
  const merged = new Map<string, Input>();
  for (const layer of layers) {
    if (LOAD_KEYS.some((key) => layer.has(key))) for (const key of LOAD_KEYS) merged.delete(key);
    for (const [key, input] of layer) {
      const below = merged.get(key);
      merged.set(key, below !== undefined && MERGED_BY_KEY.has(key) ? mergeRecords(below, input) : input);
    }
  }
  return merged;
}

function mergeRecords(below: Input, above: Input): Input {
  const lower = membersOf(below);
  const upper = membersOf(above);
  // What is no record is kept, to be reported when it is read.
  if (lower === undefined) return below;
  if (upper === undefined) return above;
  const value = {
    ...(isRecord(below.value) ? below.value : {}),
    ...(isRecord(above.value) ? above.value : {}),
  };
  return { ...above, value, members: new Map([...lower, ...upper]) };
}

/** Warnings for variables that look like ours with a slip; a stray `BRUNT_` variable may be somebody's own. */
export function misspelledVariables(
  env: Readonly<Record<string, string | undefined>>,
): { where: string; message: string; hint: string }[] {
  const known = (SETTINGS as readonly Setting[]).flatMap((s) => s.variable ?? []);
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('BRUNT_') || known.includes(name)) return [];
    const tail = (variable: string) => variable.slice('BRUNT_'.length);
    const hint = didYouMean(tail(name), known.map(tail));
    if (hint === undefined) return [];
    return [
      {
        where: name,
        message: `${name} is set but means nothing to Brunt.`,
        hint: hint.replace('`', '`BRUNT_'),
      },
    ];
  });
}
