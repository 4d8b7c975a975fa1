/** `brunt alerts`: a script's thresholds as Prometheus alerting rules. Runs no load. */

import { EXIT, type ExitCode } from '../../dsl/errors.ts';
import { plannedEndMs } from '../../workers/plan/plan.ts';
import { alertsOf } from '../alerts/alerts.ts';
import { ruleFile } from '../alerts/yaml.ts';
import { NO_FLAGS } from '../config/run-flags.ts';
import { scriptLabel } from '../outputs/prometheus/series.ts';
import { readScript } from '../run/read-script.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { writeOutput } from './output-file.ts';

export interface AlertsFlags {
  /** Undefined: they are printed. */
  readonly output: string | undefined;
  readonly forMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly nativeHistograms: boolean;
  /** A saved result, for limits that refer to one. */
  readonly baseline: string | undefined;
  /** Of `-e K=V`. */
  readonly env: Readonly<Record<string, string>>;
}

export interface AlertsInput {
  readonly script: string;
  readonly flags: AlertsFlags;
  readonly terminal: Terminal;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws a BruntError for a script that cannot be used, and for a file that cannot be written. */
export async function alertsCommand(input: AlertsInput): Promise<ExitCode> {
  const { script, flags, terminal, env, cwd = process.cwd() } = input;
  const { out, err } = terminal;
  const runFlags = { ...NO_FLAGS, env: flags.env, baseline: flags.baseline };
  const { facts, prepared } = await readScript({ script, cwd, env, flags: runFlags }, (_level, text) =>
    err.lines([text]),
  );
  const group = alertsOf(prepared.rules, {
    script: scriptLabel(script, cwd),
    nativeHistograms: flags.nativeHistograms,
    lifecycle: facts.functions.includes('setup') || facts.functions.includes('teardown'),
    loadEndMs: (scenario) => plannedEndMs(prepared.plan, scenario),
    forMs: flags.forMs,
    labels: flags.labels,
  });
  const text = ruleFile(group);
  if (flags.output === undefined) {
    out.write(text);
    return EXIT.passed;
  }
  writeOutput('the alerts', flags.output, text, cwd);
  const { alerts, skipped } = group;
  err.lines([
    `${flags.output}: ${alerts.length} ${alerts.length === 1 ? 'alert' : 'alerts'}`,
    ...skipped.map(({ threshold, reason }) => `  no alert for ${threshold}: ${reason}`),
  ]);
  return EXIT.passed;
}
