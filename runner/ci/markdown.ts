/** A run as Markdown (GitHub's flavour, which GitLab reads, too): for a job's page or to paste into a pull request. */

import { basename } from 'node:path';
import { BruntError } from '../../dsl/errors.ts';
import { comparisonSection } from '../compare/markdown.ts';
import type { RequestRow, Summary, Verdict } from '../summary/model.ts';
import { DASH, formatCount, formatMs, formatPercent, formatRate } from '../terminal/format.ts';
import { againstText } from '../terminal/sections/baseline.ts';
import { headline } from '../terminal/sections/capacity.ts';
import { groupName } from '../terminal/sections/checks.ts';
import { generatorState } from '../terminal/sections/generator.ts';
import { reasonsToShow, runFacts, thresholdsOf, verdictNote } from '../terminal/sections/header.ts';
import { callLabel, callTables, nameOf, protocolTitle } from '../terminal/sections/requests.ts';
import { thresholdEntry } from '../terminal/sections/thresholds.ts';
import { code, table } from './markdown-text.ts';
import { type CiReport, judgeCheck, messageOf, type UnstartedRun } from './report.ts';

/** Rows of each table; together they stay under the 65 536 characters of a comment on GitHub, whatever they hold. */
const MOST_FAILED = 30;
const MOST_ROWS = 20;
const MOST_ERRORS = 10;

const MARK: Readonly<Record<Verdict, string>> = {
  passed: '✅',
  failed: '❌',
  invalid: '⚠️',
  aborted: '❌',
  interrupted: '⚠️',
  error: '❌',
};

type Section = readonly string[];

function more(hidden: number, what: string): Section {
  return hidden > 0 ? ['', `and ${formatCount(hidden)} more ${what}`] : [];
}

function headSection(summary: Summary): Section {
  const { verdict, script, startedAt, version } = summary.run;
  const note = verdictNote(summary);
  const title = `## ${MARK[verdict]} ${code(basename(script))} ${verdict}${note === '' ? '' : `: ${note}`}`;
  const started = startedAt.slice(0, 19).replace('T', ' ');
  return [
    title,
    '',
    `${runFacts(summary)}, started ${started} UTC, Brunt ${version}`,
    ...reasonsToShow(summary).flatMap((reason, i) => [...(i === 0 ? [''] : []), `- ${code(reason, 400)}`]),
  ];
}

function thresholdSection(summary: Summary): Section {
  const entries = thresholdsOf(summary).map((named) => thresholdEntry(named, summary));
  if (entries.length === 0) return [];
  const failed = entries.filter(({ ok }) => !ok);
  const passed = entries.filter(({ ok }) => ok);
  const shown = [...failed.slice(0, MOST_FAILED), ...passed.slice(0, MOST_ROWS)];
  const rows = shown.map(({ ok, metric, expression, value, note }) => [
    ok ? '✅' : '❌',
    code(metric),
    code(expression),
    value,
    note,
  ]);
  return [
    '### Thresholds',
    '',
    ...table(['', 'metric', 'threshold', 'measured', ''], 'lllrl', rows),
    ...more(failed.length - MOST_FAILED, 'that failed'),
    ...more(passed.length - MOST_ROWS, 'that passed'),
  ];
}

function baselineSection({ comparison }: Summary): Section {
  if (comparison === undefined) return [];
  return ['### Baseline', '', code(againstText(comparison)), '', ...comparisonSection(comparison)];
}

function capacitySection(summary: Summary): Section {
  const rows = Object.entries(summary.scenarios).flatMap(([name, { capacity }]) =>
    capacity === undefined ? [] : [[code(name), code(headline(capacity), 400)]],
  );
  return rows.length === 0 ? [] : ['### Capacity', '', ...table(['scenario', 'highest rate'], 'll', rows)];
}

const REQUEST_COLUMNS = ['count', '/s', 'p50', 'p95', 'p99', 'max', 'failed'];

function timeCells(times: RequestRow['duration']): string[] {
  return [times?.p50, times?.p95, times?.p99, times?.max].map((ms) => formatMs(ms));
}

function requestSection(summary: Summary): Section {
  const { http_reqs: reqs, http_req_duration: duration, http_req_failed: failed } = summary.metrics;
  const count = reqs?.values.count ?? 0;
  if (count === 0) return [];
  const times = duration?.values ?? {};
  const all = [
    'all',
    formatCount(count),
    formatRate(reqs?.values.rate),
    ...[times['p(50)'] ?? times.med, times['p(95)'], times['p(99)'], times.max].map((ms) => formatMs(ms)),
    formatPercent(failed?.values.rate),
  ];
  const rows = summary.requests
    .slice(0, MOST_ROWS)
    .map((row) => [
      code(nameOf(row)),
      formatCount(row.count),
      formatRate(row.rate),
      ...timeCells(row.duration),
      row.count === 0 ? DASH : formatPercent(row.failed / row.count),
    ]);
  const head = ['request', ...REQUEST_COLUMNS];
  return [
    '### Requests',
    '',
    ...table(head, 'lrrrrrrr', [all, ...rows]),
    ...more(summary.requests.length - MOST_ROWS, 'names'),
  ];
}

/** A table for each of the other protocols. */
function callSections(summary: Summary): Section {
  return callTables(summary).flatMap(([protocol, rows], i) => [
    ...(i === 0 ? [] : ['']),
    `### ${protocolTitle(protocol)}`,
    '',
    ...table(
      ['name', ...REQUEST_COLUMNS],
      'lrrrrrrr',
      rows
        .slice(0, MOST_ROWS)
        .map((row) => [
          code(callLabel(row)),
          formatCount(row.count),
          formatRate(row.rate),
          ...timeCells(row.duration),
          row.failed === null || row.count === 0 ? DASH : formatPercent(row.failed / row.count),
        ]),
    ),
    ...more(rows.length - MOST_ROWS, 'names'),
  ]);
}

function iterationSection(summary: Summary): Section {
  const rows = Object.entries(summary.scenarios).map(([name, scenario]) => [
    code(name),
    scenario.executor,
    ...[scenario.iterations, scenario.failed, scenario.interrupted, scenario.dropped].map((n) =>
      formatCount(n),
    ),
  ]);
  const head = ['scenario', 'executor', 'complete', 'failed', 'interrupted', 'dropped'];
  const [first] = rows;
  if (first === undefined) return [];
  return [
    '### Iterations',
    '',
    ...table(head, 'llrrrr', rows.slice(0, MOST_ROWS)),
    ...more(rows.length - MOST_ROWS, 'scenarios'),
  ];
}

function checkSection(summary: Summary): Section {
  const checks = summary.checks.filter(({ passes, fails }) => passes + fails > 0);
  if (checks.length === 0) return [];
  const failing = checks.filter(({ fails }) => fails > 0).sort((a, b) => b.fails - a.fails);
  const rows = failing
    .slice(0, MOST_ROWS)
    .map((check) => [
      judgeCheck(check, summary).ok ? '⚠️' : '❌',
      code(check.group === '' ? check.name : `${groupName(check.group)} › ${check.name}`),
      `${formatCount(check.fails)} of ${formatCount(check.passes + check.fails)}`,
      formatPercent(check.passes / (check.passes + check.fails)),
    ]);
  const passed = checks.length - failing.length;
  return [
    '### Checks',
    '',
    ...table(['', 'check', 'failed', 'passed'], 'llrr', rows),
    ...more(failing.length - MOST_ROWS, 'that failed'),
    ...(passed === 0
      ? []
      : [
          ...(rows.length === 0 ? [] : ['']),
          `${formatCount(passed)} ${passed === 1 ? 'check' : 'checks'} always passed`,
        ]),
  ];
}

function errorSection(summary: Summary): Section {
  const groups = summary.errors.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
  if (groups.length === 0) return [];
  const rows = groups
    .slice(0, MOST_ERRORS)
    .map(({ count, label, code: number, message }) => [
      formatCount(count),
      code(label),
      number === 0 ? '' : String(number),
      code(message, 300),
    ]);
  return [
    '### Errors',
    '',
    ...table(['count', 'where', 'code', 'message'], 'rlrl', rows),
    ...more(groups.length - MOST_ERRORS, 'kinds of error'),
  ];
}

function generatorSection(summary: Summary): Section {
  const found = generatorState(summary);
  if (found === undefined) return [];
  return [
    `Generator ${found.state}: ${found.facts.join(', ')}`,
    ...found.notes.flatMap((note, i) => [...(i === 0 ? [''] : []), `- ${code(note, 400)}`]),
  ];
}

function unstartedSections({ script, error }: UnstartedRun): Section[] {
  const known = error instanceof BruntError ? error : undefined;
  const problems = known !== undefined && known.problems.length > 0 ? known.problems : undefined;
  const told = (
    problems ?? [
      { message: messageOf(error), hint: known?.hint, location: known?.location, where: undefined },
    ]
  ).map((problem) => {
    const { message, hint, location, where } = problem;
    const place =
      location === undefined ? where : `${basename(location.file)}:${location.line}:${location.column}`;
    const text = [message, hint].filter((part) => part !== undefined).join(' → ');
    return `- ${place === undefined ? '' : `${code(place)} `}${code(text, 400)}`;
  });
  return [
    [`## ❌ ${code(basename(script))} did not start`],
    [...told.slice(0, MOST_FAILED), ...more(told.length - MOST_FAILED, 'problems')],
  ];
}

export function markdownSummary(report: CiReport): string {
  const sections =
    report.kind === 'unstarted'
      ? unstartedSections(report)
      : [
          headSection,
          thresholdSection,
          baselineSection,
          capacitySection,
          requestSection,
          callSections,
          iterationSection,
          checkSection,
          errorSection,
          generatorSection,
        ].map((section) => section(report.summary));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
