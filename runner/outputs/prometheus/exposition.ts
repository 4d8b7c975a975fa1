/** The two texts that a scraper may ask for: Prometheus' text format 0.0.4 and OpenMetrics 1.0.0. */

import type { Family } from './names.ts';
import { type Labels, type PromSeries, valuesOf } from './series.ts';

export type TextFormat = 'text' | 'openmetrics';

export const CONTENT_TYPE: Readonly<Record<TextFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What an Accept header prefers; OpenMetrics only where it is named. */
export function formatFor(accept: string | undefined): TextFormat {
  const weights = { text: -1, openmetrics: 0 };
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    const version = parameters.find((one) => one.startsWith('version='))?.slice('version='.length);
    if (type === 'application/openmetrics-text' && (version ?? '1.0.0') === '1.0.0') {
      weights.openmetrics = Math.max(weights.openmetrics, weight);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      weights.text = Math.max(weights.text, weight);
    }
  }
  return weights.openmetrics > 0 && weights.openmetrics >= weights.text ? 'openmetrics' : 'text';
}

function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}

function labelText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
}

function heads({ name, type, help, unit }: Family, format: TextFormat): string {
  const told = format === 'openmetrics' && type === 'counter' ? name.slice(0, -'_total'.length) : name;
  const lines = [`# TYPE ${told} ${type}`, `# HELP ${told} ${help}`];
  if (format === 'openmetrics' && unit !== undefined && told.endsWith(`_${unit}`)) {
    lines.push(`# UNIT ${told} ${unit}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Families stand together, in the order of their first series. */
export function renderMetrics(series: readonly PromSeries[], format: TextFormat): string {
  const families = new Map<string, string[]>();
  const texts = new Map<Labels, string>();
  for (const one of series) {
    let labels = texts.get(one.labels);
    if (labels === undefined) {
      labels = labelText(one.labels);
      texts.set(one.labels, labels);
    }
    const values = valuesOf(one);
    const [first] = one.families;
    one.points.forEach(({ name, le }, i) => {
      // A rate has a family for each of its points, all others have one in all.
      const family = one.families[i] ?? (first as Family);
      let lines = families.get(family.name);
      if (lines === undefined) {
        lines = [heads(family, format)];
        families.set(family.name, lines);
      }
      const bound = le === undefined ? '' : `,le="${le}"`;
      lines.push(`${name}{${labels}${bound}} ${numberText(values[i] as number)}\n`);
    });
  }
  const text = [...families.values()].map((lines) => lines.join('')).join('');
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}
