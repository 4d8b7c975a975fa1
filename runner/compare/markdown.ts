/** A comparison as Markdown, to paste into a pull request. */

import {
  adviceText,
  boundsText,
  designText,
  effectText,
  headline,
  sharedAdvice,
  valueText,
} from '../terminal/comparison.ts';
import type { Comparison } from './model.ts';

const MARKS: Readonly<Record<Comparison['verdict'], string>> = {
  regression: '❌ regression',
  ok: '✅ ok',
  inconclusive: '⚠️ inconclusive',
};

/** Text that comes from names and files: no part of it may become markup, links or mentions. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#!|~@]/g, '\\$&')
    .replaceAll(/\s+/g, ' ');
}

/** Table and notes, without a heading. */
export function comparisonSection(comparison: Comparison): readonly string[] {
  const { metrics, overMaxRatio, skipped, warnings } = comparison;
  const common = [designText(comparison), sharedAdvice(comparison)].filter((text) => text !== undefined);
  const rows = metrics.map((compared) => {
    const cells = [
      escaped(`${compared.metric} ${compared.stat}`),
      valueText(compared.baselineValue, compared),
      valueText(compared.candidateValue, compared),
      effectText(compared),
      boundsText(compared),
      MARKS[compared.verdict],
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const notes = [
    ...common.map(escaped),
    ...overMaxRatio.map((name) => `${escaped(name)} is above ${comparison.maxRatio} times the baseline`),
    ...metrics.flatMap((compared) => {
      const advice = adviceText(compared);
      return advice === '' || common.includes(advice)
        ? []
        : [`${escaped(`${compared.metric} ${compared.stat}`)}: ${escaped(advice)}`];
    }),
    ...skipped.map(({ metric, reason }) => `${escaped(metric)} was not compared: ${escaped(reason)}`),
    ...warnings.map(escaped),
  ];
  return [
    '| metric | baseline | candidate | effect | 90 % interval | verdict |',
    '|---|--:|--:|--:|--:|---|',
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
  ];
}

export function markdownComparison(comparison: Comparison): string {
  const heading = [`### Load test: ${MARKS[comparison.verdict]}`, '', headline(comparison), ''];
  return [...heading, ...comparisonSection(comparison), ''].join('\n');
}
