/** A comparison as lines: the verdict, then a row per metric, each with what would make it certain. */

import type { Compared, Comparison } from '../compare/model.ts';
import { LEAST_HISTORY } from '../compare/verdict.ts';
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

/** Shares are compared by what failed, and said so: 99 % to 96 % of checks is 4.0x the failures. */
function isOfFailures({ higherIsBetter, metric, stat, type }: Compared): boolean {
  return type === 'rate' && stat === 'rate' && (higherIsBetter || /^http_req_failed\b/.test(metric));
}

/** `12.3 % worse`, `4.0 % better`, `7.5x as much`; nothing to nothing is `same`, nothing to something `from none`. */
export function effectText(compared: Compared): string {
  const { effect } = compared;
  const failures = isOfFailures(compared);
  if (effect === null) return 'from none';
  if (effect === 0) return 'same';
  if (effect >= FACTOR_FROM) return `${(1 + effect).toFixed(1)}x ${failures ? 'the failures' : 'as much'}`;
  const words = failures ? ['more failures', 'fewer failures'] : ['worse', 'better'];
  return `${formatPercent(Math.abs(effect))} ${effect > 0 ? words[0] : words[1]}`;
}

/** Both bounds as signed percentages, worse above 0. */
export function boundsText({ lower, upper }: Compared): string {
  if (lower === null || upper === null) return '';
  const signed = (share: number) =>
    `${share > 0 ? '+' : share < 0 ? '-' : ''}${formatPercent(Math.abs(share)).replace(' %', '')}`;
  return `${signed(lower)} to ${signed(upper)} %`;
}

export function valueText(value: number, { stat, type, unit }: Compared): string {
  return formatQuantity(value, quantityOf(stat, type, unit));
}

/** Why it is not certain, and what would help. */
export function adviceText(compared: Compared): string {
  const { candidate, design, lower, moreRuns, note, verdict } = compared;
  const parts = note === undefined ? [] : [note];
  // Where one run is held against too few, `designText` says what would help.
  const tooFew = candidate.length === 1 && lower === null;
  if (verdict === 'inconclusive' && design === 'runs' && !tooFew) {
    parts.push(
      moreRuns === null || moreRuns === undefined
        ? 'more runs would hardly tell: the effect is at the margin, or the runs differ too much'
        : `about ${moreRuns} more ${moreRuns === 1 ? 'run' : 'runs'} of each side would tell`,
    );
  }
  return parts.join('; ');
}

/** Advice that several rows have in common: it is told once. */
export function sharedAdvice({ metrics }: Comparison): string | undefined {
  const texts = new Set(metrics.map(adviceText));
  const [first] = texts;
  return metrics.length > 1 && texts.size === 1 && first !== '' ? first : undefined;
}

/** `http_req_duration p(95) is a regression: 14.2 ms, 38.0 % worse, compared with the 20 runs of the baseline`. */
export function regressionText(compared: Compared): string {
  const { baseline, candidateValue, metric, stat } = compared;
  const runs = baseline.length === 1 ? 'the baseline' : `the ${baseline.length} runs of the baseline`;
  const value = valueText(candidateValue, compared);
  return `${metric} ${stat} is a regression: ${value}, ${effectText(compared)}, compared with ${runs}`;
}

/** What holds for all rows where too few runs are compared for a verdict. */
export function designText({ baseline, candidate, metrics }: Comparison): string | undefined {
  if (metrics.some(({ design }) => design === 'within-run'))
    return 'one run against one is within-run only: how steady these two were, not whether the system changed';
  if (candidate.length === 1 && metrics.some(({ design, lower }) => design === 'runs' && lower === null))
    return `one run against ${baseline.length}: a verdict needs a history of ${LEAST_HISTORY}, or more runs of each side`;
  return undefined;
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

/** Title, rows and notes, without indentation; `width` is that of the terminal. */
export function comparisonLines(
  comparison: Comparison,
  { title: name, about }: { readonly title: string; readonly about: string },
  width: number,
  style: Style,
): string[] {
  const title = `${style.paint('strong', name)}  ${style.paint('faint', clean(about))}`;
  const design = designText(comparison);
  const rows: Line[] = comparison.metrics.map((compared) => ({
    cells: [
      clean(`${compared.metric} ${compared.stat}`),
      valueText(compared.baselineValue, compared),
      '→',
      valueText(compared.candidateValue, compared),
      effectText(compared),
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
  const shared = sharedAdvice(comparison);
  const lines = rows.flatMap(({ cells, tone, advice }) => {
    const [name = '', ...rest] = cells;
    const columns = rest.map((cell, i) => {
      const w = widths[i + 1] as number;
      if (w === 0) return '';
      return `  ${i === rest.length - 1 ? style.paint(tone, padEnd(cell, w)) : padStart(cell, w)}`;
    });
    const row = `${padEnd(cutMiddle(name, label), label)}${columns.join('')}`;
    return advice === '' || advice === shared ? [row] : [row, style.paint('faint', `  ${advice}`)];
  });
  const notes = [
    ...[shared, design].filter((text) => text !== undefined).map((text) => style.paint('faint', text)),
    ...comparison.overMaxRatio.map((metric) =>
      style.paint('bad', `${clean(metric)} is above ${comparison.maxRatio} times the baseline`),
    ),
    ...comparison.skipped.map(({ metric, reason }) =>
      style.paint('warn', `${clean(metric)} was not compared: ${clean(reason)}`),
    ),
    ...comparison.warnings.map((warning) => style.paint('warn', `note: ${clean(warning)}`)),
  ];
  return [title, ...lines, ...notes].map((text) => clip(text, width - 2));
}

/** The whole output of `brunt compare`. */
export function renderComparison(comparison: Comparison, width: number, style: Style): string[] {
  const { verdict } = comparison;
  const failed = comparison.overMaxRatio.length > 0 ? 'bad' : TONES[verdict];
  const badge = style.badge(failed, WORDS[verdict]);
  const heading = { title: 'COMPARED WITH BASELINE', about: headline(comparison) };
  const lines = comparisonLines(comparison, heading, width, style).map((text) => `  ${text}`);
  return ['', `  ${badge}`, '', ...lines, ''].map((text) => style.encode(text.trimEnd()));
}
