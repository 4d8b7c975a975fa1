/** Options and environment: what it takes to run the same test again. */

import { formatSpan } from '../../../terminal/format.ts';
import type { PageData } from '../../model.ts';
import { type Child, h } from '../dom.ts';
import { drawnSection } from '../section.ts';
import { outside } from '../text.ts';

/** Long lists of numbers and texts, stages above all, stay readable as lines. */
function lines(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `${/^ */.exec(line)?.[0] ?? ''}${outside(line.trimStart(), 2000)}`)
    .join('\n');
}

function block(id: string, title: string, value: unknown): Child {
  return h(
    'details',
    { id, class: 'block' },
    h('summary', {}, title),
    h('pre', { dir: 'ltr', tabindex: 0 }, lines(value)),
  );
}

function environment({ summary, state }: PageData): readonly (readonly [string, string])[] {
  const { run, options } = summary;
  const tags = options.tags as Readonly<Record<string, unknown>> | undefined;
  return [
    ['Script', outside(run.script)],
    ['Started', outside(run.startedAt, 60)],
    ['Duration', formatSpan(run.durationMs)],
    ['Verdict', state === 'running' ? 'not yet' : `${run.verdict}, exit code ${run.exitCode}`],
    ['Brunt', outside(run.version)],
    ['Node.js', outside(run.node)],
    ['Worker threads', run.workers > 0 ? String(run.workers) : ''],
    ['Seed', run.seed === 0 && run.workers === 0 ? '' : String(run.seed)],
    [
      'Tags',
      Object.entries(tags ?? {})
        .map(([key, value]) => outside(`${key}=${String(value)}`))
        .join(', '),
    ],
  ];
}

export const about = drawnSection(
  'about',
  'Options and environment',
  ({ summary, state }) => ({ run: summary.run, options: summary.options, state }),
  ({ options }, data) => {
    const { scenarios, thresholds, ...rest } = options;
    const has = (value: unknown): boolean =>
      typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    return [
      h(
        'dl',
        { class: 'facts' },
        environment(data)
          .filter(([, value]) => value !== '')
          .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { dir: 'auto' }, value))),
      ),
      has(scenarios) ? block('options-scenarios', 'Scenarios, as resolved', scenarios) : undefined,
      has(thresholds) ? block('options-thresholds', 'Thresholds, as resolved', thresholds) : undefined,
      has(rest) ? block('options-rest', 'Other options', rest) : undefined,
    ];
  },
);
