/**
 * A run as a JUnit report, in the shape that Jenkins, GitLab and their like share:
 *
 *     testsuites
 *       testsuite run                       1 case: valid and complete; facts of the run as properties
 *       testsuite thresholds [scenario]     a case per threshold of the script
 *       testsuite baseline                  a case per metric that was compared with earlier runs
 *       testsuite checks [group]            a case per check
 *
 * A case fails where the system missed a limit, and is an error where there is nothing to judge it by: invalid,
 * aborted, interrupted, a script that failed. So a report without failures and errors is one of exit code 0, but for
 * checks that failed and that no threshold speaks of: those fail here, too.
 */

import { basename, relative } from 'node:path';
import { BruntError, type SourceLocation } from '../../dsl/errors.ts';
import type { Compared, Comparison } from '../compare/model.ts';
import { bruntVersion } from '../config/version.ts';
import type { CheckSummary, Summary, Verdict } from '../summary/model.ts';
import { clean, cleanLines } from '../terminal/clean.ts';
import {
  adviceText,
  boundsText,
  designText,
  effectText,
  regressionText,
  valueText,
} from '../terminal/comparison.ts';
import { formatCount } from '../terminal/format.ts';
import { baselineText, describeMiss, measuredText } from '../terminal/miss.ts';
import { groupName } from '../terminal/sections/checks.ts';
import { type NamedThreshold, reasonsToShow, runFacts, thresholdsOf } from '../terminal/sections/header.ts';
import { parseSelector } from '../thresholds/selector.ts';
import { type CiReport, type EndedRun, judgeCheck, messageOf, type UnstartedRun } from './report.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly time: number;
  readonly outcome: 'passed' | 'failure' | 'error';
  /** First line for lists; the whole stands in the element. */
  readonly message: string;
  /** Kind of the failure, such as `threshold`. */
  readonly type: string;
  readonly detail: string;
  readonly file?: string;
  readonly line?: number;
}

interface Suite {
  readonly name: string;
  readonly time: number;
  readonly cases: readonly Case[];
  readonly properties?: Readonly<Record<string, string | number>>;
}

/** Dots split packages in Jenkins, so the script's name has none. */
function classOf(script: string, ...rest: readonly string[]): string {
  const name = basename(clean(script)).replace(/\.[cm]?[jt]s$/, '');
  return [name, ...rest]
    .filter((part) => part !== '')
    .map((part) => clean(part).replaceAll('.', '_'))
    .join('.');
}

/** A path as CI systems link it: from the folder in which the command ran. */
function linked(place: SourceLocation | undefined, cwd: string): { file?: string; line?: number } {
  return place === undefined ? {} : { file: relative(cwd, place.file), line: place.line };
}

/** Groups in the order in which they first come up. */
function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const list = groups.get(key(item));
    if (list === undefined) groups.set(key(item), [item]);
    else list.push(item);
  }
  return groups;
}

function scenarioOf({ metric }: NamedThreshold): string {
  const parsed = parseSelector(metric);
  return parsed.ok ? (parsed.selector.tags.find(([key]) => key === 'scenario')?.[1] ?? '') : '';
}

function thresholdCase(named: NamedThreshold, report: EndedRun, cwd: string): Case {
  const { metric, result } = named;
  const { unit, type } = report.summary.metrics[metric] as Summary['metrics'][string];
  const measured = result.ok ? measuredText(result, unit, type) : describeMiss(result, unit, type);
  const note = result.ok && result.note !== undefined ? `, ${result.note}` : '';
  const origin = baselineText(result, unit, type);
  const text = `${measured}${note}${origin === '' ? '' : `, ${origin}`}`;
  return {
    name: `${metric} ${result.threshold}`,
    classname: classOf(report.summary.run.script, 'thresholds', scenarioOf(named)),
    time: 0,
    outcome: result.ok ? 'passed' : 'failure',
    message: text,
    type: 'threshold',
    detail: `${metric} ${result.threshold}: ${text}`,
    ...(result.ok ? {} : linked(report.place(named), cwd)),
  };
}

/** Fails for what failed the run; what runs cannot tell is no failure. */
function comparedCase(compared: Compared, comparison: Comparison, { reasons, script }: Summary['run']): Case {
  const { baselineValue, candidateValue, metric, stat, verdict } = compared;
  const values = `${valueText(candidateValue, compared)} after ${valueText(baselineValue, compared)}`;
  const bounds = boundsText(compared);
  const interval = bounds === '' ? '' : ` (${bounds})`;
  const notes = [adviceText(compared), designText(comparison) ?? ''].filter((text) => text !== '');
  const text = [`${verdict}: ${values}, ${effectText(compared)}${interval}`, ...notes].join('; ');
  return {
    name: `${metric} ${stat}`,
    classname: classOf(script, 'baseline'),
    time: 0,
    outcome: reasons.includes(regressionText(compared)) ? 'failure' : 'passed',
    message: text,
    type: 'regression',
    detail: `${metric} ${stat}: ${text}`,
  };
}

function checkCase(check: CheckSummary, summary: Summary): Case {
  const { ok, text } = judgeCheck(check, summary);
  const group = groupName(check.group);
  return {
    name: check.name,
    classname: classOf(summary.run.script, 'checks', group),
    time: 0,
    outcome: ok ? 'passed' : 'failure',
    message: text,
    type: 'check',
    detail: `${group === '' ? '' : `${group}: `}${check.name}: ${text}`,
  };
}

const FINE: ReadonlySet<Verdict> = new Set(['passed', 'failed']);

/** What no threshold tells: whether the run came to its end and can be trusted. */
function runCase(report: EndedRun, cwd: string): Case {
  const { run } = report.summary;
  const reasons = reasonsToShow(report.summary);
  const outcome = FINE.has(run.verdict) ? (reasons.length === 0 ? 'passed' : 'failure') : 'error';
  const counted = report.summary.errors
    .filter(({ count }) => count > 0)
    .map(({ label, message, count }) => `${formatCount(count)}× ${label}: ${message}`);
  return {
    name: 'run',
    classname: classOf(run.script),
    time: run.durationMs / 1000,
    outcome,
    message: reasons[0] ?? runFacts(report.summary),
    type: run.verdict,
    // A reason is often the message of the error that led to it.
    detail: [...new Set([...reasons, ...report.errors.flatMap(errorLines), ...counted])].join('\n'),
    ...linked(report.errors.find((error) => error.location !== undefined)?.location, cwd),
  };
}

/** What is wrong, where, and what to do. */
function errorLines(error: unknown): string[] {
  if (!(error instanceof BruntError)) return [messageOf(error)];
  if (error.problems.length === 0)
    return [error.message, error.frame, error.userStack, error.hint].filter((text) => text !== undefined);
  return error.problems.map(({ message, location, where, hint }) => {
    const place = location === undefined ? where : `${location.file}:${location.line}:${location.column}`;
    return [place === undefined ? message : `${place}: ${message}`, hint].filter(Boolean).join(' ');
  });
}

function unstartedSuite({ script, error }: UnstartedRun, cwd: string): Suite {
  const known = error instanceof BruntError ? error : undefined;
  const lines = errorLines(error);
  const place = known?.location ?? known?.problems.find(({ location }) => location !== undefined)?.location;
  const one: Case = {
    name: 'run',
    classname: classOf(script),
    time: 0,
    outcome: 'error',
    message: lines[0] ?? 'the run did not start',
    type: known?.code ?? 'DEFECT',
    detail: lines.join('\n'),
    ...linked(place, cwd),
  };
  return { name: 'run', time: 0, cases: [one], properties: { verdict: 'error', version: bruntVersion() } };
}

function endedSuites(report: EndedRun, cwd: string): Suite[] {
  const { summary } = report;
  const { comparison, run, metrics } = summary;
  const requests = metrics.http_reqs?.values.count;
  const p95 = metrics.http_req_duration?.values['p(95)'];
  const properties = {
    script: run.script,
    verdict: run.verdict,
    exitCode: run.exitCode,
    startedAt: run.startedAt,
    durationMs: Number(run.durationMs.toFixed(3)),
    scenarios: Object.keys(summary.scenarios).join(', '),
    seed: run.seed,
    workers: run.workers,
    version: run.version,
    node: run.node,
    ...(requests === undefined ? {} : { http_reqs: requests }),
    ...(p95 === undefined ? {} : { 'http_req_duration p(95)': p95 }),
  };
  const checks = summary.checks.filter(({ passes, fails }) => passes + fails > 0);
  return [
    { name: 'run', time: run.durationMs / 1000, cases: [runCase(report, cwd)], properties },
    ...[...groupBy(thresholdsOf(summary), scenarioOf)].map(([scenario, list]) => ({
      name: `thresholds ${scenario}`.trim(),
      time: 0,
      cases: list.map((named) => thresholdCase(named, report, cwd)),
    })),
    ...(comparison === undefined
      ? []
      : [
          {
            name: 'baseline',
            time: 0,
            cases: comparison.metrics.map((one) => comparedCase(one, comparison, run)),
          },
        ]),
    ...[...groupBy(checks, ({ group }) => groupName(group))].map(([group, list]) => ({
      name: `checks ${group}`.trim(),
      time: 0,
      cases: list.map((check) => checkCase(check, summary)),
    })),
  ];
}

function caseElement(one: Case): XmlElement {
  const { outcome, file, line } = one;
  const detail = cleanLines(one.detail).join('\n');
  const message = clean(one.message);
  return {
    name: 'testcase',
    attributes: {
      name: clean(one.name),
      classname: one.classname,
      time: seconds(one.time),
      file: outcome === 'passed' ? undefined : file,
      line: outcome === 'passed' ? undefined : line,
    },
    children: [
      outcome === 'passed'
        ? { name: 'system-out', text: message }
        : { name: outcome, attributes: { message, type: clean(one.type) }, text: detail },
    ],
  };
}

function seconds(time: number): string {
  return time.toFixed(3);
}

function counts(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  return {
    tests: cases.length,
    failures: cases.filter(({ outcome }) => outcome === 'failure').length,
    errors: cases.filter(({ outcome }) => outcome === 'error').length,
  };
}

function suiteElement(suite: Suite, timestamp: string): XmlElement {
  const properties = Object.entries(suite.properties ?? {}).map(([name, value]) => ({
    name: 'property',
    attributes: { name, value: typeof value === 'string' ? clean(value) : value },
  }));
  return {
    name: 'testsuite',
    attributes: {
      name: clean(suite.name),
      ...counts(suite.cases),
      skipped: 0,
      time: seconds(suite.time),
      timestamp,
    },
    children: [
      ...(properties.length === 0 ? [] : [{ name: 'properties', children: properties }]),
      ...suite.cases.map(caseElement),
    ],
  };
}

/** The report as a document. Paths of files are given from `cwd`. */
export function junitXml(report: CiReport, cwd: string): string {
  const suites = report.kind === 'ended' ? endedSuites(report, cwd) : [unstartedSuite(report, cwd)];
  const startedAt = report.kind === 'ended' ? report.summary.run.startedAt : report.startedAt.toISOString();
  const script = report.kind === 'ended' ? report.summary.run.script : report.script;
  return xmlDocument({
    name: 'testsuites',
    attributes: {
      name: clean(`brunt run ${script}`),
      ...counts(suites.flatMap(({ cases }) => cases)),
      time: seconds(suites.reduce((sum, { time }) => sum + time, 0)),
    },
    // The schema's time has neither fractions nor a zone; it is UTC.
    children: suites.map((suite) => suiteElement(suite, startedAt.slice(0, 19))),
  });
}
