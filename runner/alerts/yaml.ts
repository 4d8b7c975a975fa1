/** A group of alerts as a rule file of Prometheus. Texts are double-quoted as in JSON, which YAML reads alike. */

import type { Alert, AlertGroup } from './alerts.ts';

function pairs(indent: string, record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${indent}${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

function block(indent: string, text: string): string {
  return text
    .split('\n')
    .map((line) => `${indent}${line}\n`)
    .join('');
}

function alertText({ name, expr, forMs, labels, annotations }: Alert): string {
  return `      - alert: ${name}
        expr: |-
${block(' '.repeat(10), expr)}        for: ${forMs / 1000}s
        labels:
${pairs(' '.repeat(10), labels)}        annotations:
${pairs(' '.repeat(10), annotations)}`;
}

/** A line of a comment, whatever the text holds. */
function comment(text: string): string {
  return `${`# ${text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')}`.trimEnd()}\n`;
}

export function ruleFile({ script, alerts, skipped }: AlertGroup): string {
  const head = [
    `The thresholds of ${script} as alerts, made by \`brunt alerts\`. They watch its runs while these send`,
    'what they measure to Prometheus: -o prometheus-remote-write=URL, or -o prometheus=PORT to be scraped.',
    'Make them anew when the thresholds change: their limits are bounds of the histograms that a run sends.',
  ];
  const without =
    skipped.length === 0
      ? ''
      : comment('') +
        comment('Without an alert:') +
        skipped.map(({ threshold, reason }) => comment(`  ${threshold}: ${reason}`)).join('');
  const rules = alerts.length === 0 ? '    rules: []\n' : `    rules:\n${alerts.map(alertText).join('')}`;
  return `${head.map(comment).join('')}${without}groups:
  - name: ${JSON.stringify(`brunt ${script}`)}
${rules}`;
}
