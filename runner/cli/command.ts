/** What a command line asks for. */

import type { AlertsFlags } from '../commands/alerts.ts';
import type { CompareFlags } from '../commands/compare.ts';
import type { GrafanaFlags } from '../commands/grafana.ts';
import type { HistoryFlags } from '../commands/history.ts';
import type { MergeFlags } from '../commands/merge.ts';
import type { ReportFlags } from '../commands/report.ts';
import type { RunFlags } from '../config/run-flags.ts';

export type Command =
  | { readonly kind: 'run'; readonly script: string; readonly flags: RunFlags }
  | {
      readonly kind: 'demo';
      /** 0 or absent: a free port is chosen. */
      readonly port: number | undefined;
      /** Script to run against the demo system, after which both end; `true`: the quick-start example. */
      readonly tryScript: string | true | undefined;
    }
  | { readonly kind: 'compare'; readonly flags: CompareFlags }
  | { readonly kind: 'history'; readonly flags: HistoryFlags }
  | { readonly kind: 'report'; readonly flags: ReportFlags }
  | { readonly kind: 'merge'; readonly flags: MergeFlags }
  | { readonly kind: 'alerts'; readonly script: string; readonly flags: AlertsFlags }
  | { readonly kind: 'grafana'; readonly flags: GrafanaFlags }
  /** Text for stdout; the command then ends with 0. */
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string };

export type CommandName =
  | 'run'
  | 'report'
  | 'compare'
  | 'history'
  | 'merge'
  | 'alerts'
  | 'grafana'
  | 'demo'
  | 'help'
  | 'version';

/** A flag of a command other than `run`, whose flags are settings. */
export interface PlainFlag {
  readonly flag: string;
  /** `-O`. */
  readonly short?: string;
  /** Name of the value in the help text; absent for a switch. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: Exclude<CommandName, 'help' | 'version'>;
  readonly usage: string;
  readonly help: string;
}

export const COMMANDS: readonly CommandSpec[] = [
  { name: 'run', usage: 'run <script>', help: 'run a load test' },
  { name: 'report', usage: 'report <result>', help: 'write the HTML report of a saved result' },
  {
    name: 'compare',
    usage: 'compare <results> --with <results>',
    help: 'judge saved results against others',
  },
  { name: 'history', usage: 'history <results>', help: 'show how saved results went from run to run' },
  { name: 'merge', usage: 'merge <results> -O FILE', help: 'make one result of those of several machines' },
  {
    name: 'alerts',
    usage: 'alerts <script>',
    help: "make Prometheus alerts of a script's thresholds",
  },
  { name: 'grafana', usage: 'grafana', help: 'write a Grafana dashboard' },
  { name: 'demo', usage: 'demo', help: 'start the demo system to test against' },
];
