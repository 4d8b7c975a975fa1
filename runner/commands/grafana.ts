/** `brunt grafana`: the dashboard and what Grafana needs to find it. */

import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../dsl/errors.ts';
import { dashboardText, grafanaFiles } from '../grafana/files.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { writeOutput } from './output-file.ts';

export interface GrafanaFlags {
  /** A folder; undefined: the dashboard is printed. */
  readonly output: string | undefined;
  /** URL of Prometheus, as Grafana reaches it. */
  readonly prometheus: string;
}

/** Throws a BruntError (exit 104) where a file cannot be written. */
export function grafanaCommand(
  { output, prometheus }: GrafanaFlags,
  { out, err }: Terminal,
  cwd = process.cwd(),
): ExitCode {
  if (output === undefined) {
    out.write(dashboardText());
    return EXIT.passed;
  }
  const files = grafanaFiles(prometheus);
  for (const { path, text } of files) writeOutput('the dashboard', join(output, path), text, cwd);
  err.lines(files.map(({ path }) => join(output, path)));
  return EXIT.passed;
}
