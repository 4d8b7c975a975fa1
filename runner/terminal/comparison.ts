/** A comparison as lines: the verdict, then a row per metric, each with what would make it certain. */

import type { Compared, Comparison } from '../compare/model.ts';
import { clean } from './clean.ts';
import { formatPercent, formatQuantity, quantityOf } from './format.ts';
import type { Style, Tone } from './style.ts';
import { clip, cutMiddle, padEnd, padStart, textWidth } from './width.ts';

const WORDS: Readonly<Record<Comparison['verdict'], string>> = {
  regression: 'REGRESSION',
  ok: 'OK',
  inconclusive: 'INCONCLUSIVE',
};

const TONES: Readonly<Record<Comparison['verdict'], 'good' | 'bad' | 'warn'>> = {
  regression: 'bad',
  ok: 'good',
  inconclusive: 'warn',
};

/** Factors say more than percentages from here on. */
const FACTOR_FROM = 3;

/** `12.3 % worse`, `4.0 % better`, `7.5x`; nothing to nothing is `same`. */
export function effectText(effect: number): string {
  if (effect === 0) return 'same';
  if (effect >= FACTOR_FROM)
    return Number.isFinite(effect) ? `${(1 + effect).toFixed(1)}x as much` : 'from none';
  return `${formatPercent(Math.abs(effect))} ${effect > 0 ? 'worse' : 'better'}`;
}

/** Both bounds as signed percentages, worse above 0. */
export function boundsText({ lower, upper }: Compared): string {
  if (lower === null || upper === null) return '';
  const signed = (share: number) => {
    if (share === Number.POSITIVE_INFINITY) return 'any';
    return `${share > 0 ? '+' : share < 0 ? '-' : ''}${formatPercent(Math.abs(share)).replace(' %', '')}`;
  };
  return `${signed(lower)} to ${signed(upper)} %`;
}

export function valueText(value: number, { stat, type, unit }: Compared): string {
  return formatQuantity(value, quantityOf(stat, type, unit));
}

/** Why it is not certain, and what would help. */
export function adviceText(compared: Compared): string {
  const { design, moreRuns, note, verdict } = compared;
  const parts: string[] = [];
  if (design === 'within-run') parts.push('within-run only');
  if (note !== undefined) parts.push(note);
  if (verdict === 'inconclusive') {
    parts.push(
      moreRuns === null || moreRuns === undefined
        ? 'more runs would hardly tell: the effect is at the margin, or the runs differ too much'
        : `about ${moreRuns} more ${moreRuns === 1 ? 'run' : 'runs'} of each side would tell`,
    );
  }
  return parts.join('; ');
}

function runsText(count: number): string {
  return `${count} ${count === 1 ? 'run' : 'runs'}`;
}

/** `worse by more than 5 % than the baseline?`, told for the heading. */
export function headline({ baseline, candidate, margin }: Comparison): string {
  return `${runsText(candidate.length)} against ${runsText(baseline.length)} of the baseline, margin ${formatPercent(margin)}`;
}

interface Line {
  readonly cells: readonly string[];
  readonly tone: Tone;
  readonly advice: string;
}

export function comparisonLines(comparison: Comparison, width: number, style: Style): string[] {
  const title = `${style.paint('strong', 'COMPARED WITH BASELINE')}  ${style.paint('faint', headline(comparison))}`;
  const rows: Line[] = comparison.metrics.map((compared) => ({
    cells: [
      clean(`${compared.metric} ${compared.stat}`),
      valueText(compared.baselineValue, compared),
      '→',
      valueText(compared.candidateValue, compared),
      effectText(compared.effect),
      boundsText(compared),
      WORDS[compared.verdict],
    ],
    tone: TONES[compared.verdict],
    advice: clean(adviceText(compared)),
  }));
  const widths =
    rows[0]?.cells.map((_, i) => Math.max(...rows.map(({ cells }) => textWidth(cells[i] ?? '')))) ?? [];
  const others = widths.slice(1).reduce((sum, w) => sum + (w === 0 ? 0 : w + 2), 2);
  const label = Math.max(14, Math.min(widths[0] ?? 0, width - others));
  const lines = rows.flatMap(({ cells, tone, advice }) => {
    const [name = '', ...rest] = cells;
    const columns = rest.map((cell, i) => {
      const w = widths[i + 1] as number;
      if (w === 0) return '';
      return `  ${i === rest.length - 1 ? style.paint(tone, padEnd(cell, w)) : padStart(cell, w)}`;
    });
    const row = `${padEnd(cutMiddle(name, label), label)}${columns.join('')}`;
    return advice === '' ? [row] : [row, style.paint('faint', `  ${advice}`)];
  });
  const notes = [
    ...comparison.overMaxRatio.map((metric) =>
      style.paint('bad', `${clean(metric)} is above ${comparison.maxRatio} times the baseline`),
    ),
    ...comparison.skipped.map(({ metric, reason }) =>
      style.paint('warn', `${clean(metric)} was not compared: ${clean(reason)}`),
    ),
    ...comparison.warnings.map((warning) => style.paint('warn', `note: ${clean(warning)}`)),
  ];
  return [title, ...lines, ...notes].map((text) => clip(`  ${text}`, width));
}

/** The whole output of `brunt compare`. */
export function renderComparison(comparison: Comparison, width: number, style: Style): string[] {
  const { verdict } = comparison;
  const failed = comparison.overMaxRatio.length > 0 ? 'bad' : TONES[verdict];
  const badge = style.badge(failed, WORDS[verdict]);
  return ['', `  ${badge}`, '', ...comparisonLines(comparison, width, style), ''].map((text) =>
    style.encode(text.trimEnd()),
  );
}
