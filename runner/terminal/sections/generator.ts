/** GENERATOR: whether the tool itself kept up, and what it took. */

import type { Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatBytes, formatMs, formatPercent } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { wrap } from '../width.ts';
import { reasonsToShow } from './header.ts';

/** A worker that is busy for more of a second than this starts to add its own time to what it measures. */
const NEARLY_FULL = 0.85;

export interface GeneratorState {
  readonly state: 'fine' | 'near its limit' | 'unreliable';
  readonly facts: readonly string[];
  /** Notes that no reason of the verdict tells. */
  readonly notes: readonly string[];
}

/** Undefined where there is nothing to tell. */
export function generatorState(summary: Summary): GeneratorState | undefined {
  const { valid, startLagP99Ms, loopBusyMax, memoryMaxBytes, notes } = summary.generator;
  const told = new Set(reasonsToShow(summary));
  const extra = notes.filter((note) => !told.has(note));
  const facts = [
    loopBusyMax > 0 ? `at most ${formatPercent(loopBusyMax, 0)} busy` : '',
    startLagP99Ms === null ? '' : `start lag p99 ${formatMs(startLagP99Ms)}`,
    memoryMaxBytes > 0 ? formatBytes(memoryMaxBytes) : '',
  ].filter((fact) => fact !== '');
  if (valid && facts.length === 0 && extra.length === 0) return undefined;
  const { workers } = summary.run;
  return {
    state: !valid ? 'unreliable' : loopBusyMax > NEARLY_FULL ? 'near its limit' : 'fine',
    facts: workers > 0 ? [...facts, `${workers} worker${workers === 1 ? '' : 's'}`] : facts,
    notes: extra,
  };
}

export function generatorItems(summary: Summary, width: number, style: Style): Item[] {
  const found = generatorState(summary);
  if (found === undefined) return [];
  const state = style.paint(found.state === 'fine' ? 'good' : 'warn', found.state);
  const items: Item[] = [line(`${style.paint('strong', 'GENERATOR')}  ${state}: ${found.facts.join(', ')}`)];
  for (const note of found.notes) {
    wrap(clean(note), width - 4).forEach((text, i) => {
      items.push(line(i === 0 ? `${style.paint('warn', '→')} ${text}` : `  ${text}`));
    });
  }
  return items;
}
