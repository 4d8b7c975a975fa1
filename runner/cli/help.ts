/** The help texts, made from the tables of commands and settings. Lines fit 100 columns. */

import { SETTING_GROUPS, SETTINGS, type Setting } from '../config/settings.ts';
import { bruntVersion } from '../config/version.ts';
import { ALERTS_FLAGS } from './alerts-flags.ts';
import { COMMANDS, type PlainFlag } from './command.ts';
import { COMPARE_FLAGS } from './compare-flags.ts';
import { GRAFANA_FLAGS } from './grafana-flags.ts';
import { HISTORY_FLAGS } from './history-flags.ts';
import { MERGE_FLAGS } from './merge-flags.ts';
import { REPORT_FLAGS } from './report-flags.ts';

const LEFT = 34;

function row(left: string, right: string): string {
  return left.length < LEFT - 1
    ? `  ${left.padEnd(LEFT - 2)}${right}`
    : `  ${left}\n${' '.repeat(LEFT)}${right}`;
}

export function generalHelp(): string {
  return `Brunt ${bruntVersion()}: load tests in TypeScript

Usage: brunt <command> [flags]

Commands
${COMMANDS.map((c) => row(c.usage, c.help)).join('\n')}
${row('help [command]', 'this text, or the flags of a command')}

Flags
${row('-h, --help', 'help for any command')}
${row('-V, --version', 'version of Brunt, Node.js and the system')}

Examples
${row('brunt run checkout.ts', 'run a script with its own options')}
${row('brunt run checkout.ts -u 50 -d 30s', '50 virtual users for 30 seconds')}
${row('brunt run checkout.ts --once', 'one iteration, to see whether it works')}
${row('brunt demo --try', 'see a test run against the demo system')}

Exit codes
   0  passed                              101  teardown timed out
  96  invalid: the generator was the      104  unusable options, thresholds or arguments
      bottleneck, or lost a worker        105  interrupted
  99  a threshold failed                  107  the script failed outside its iterations
 100  setup timed out                     108 / 110  test.abort() / test.fail()

\`brunt run --help\` lists every flag of a run.
`;
}

export function runHelp(): string {
  const groups = SETTING_GROUPS.map((group) => {
    const rows = (SETTINGS as readonly Setting[]).filter((s) => s.group === group && s.flag !== undefined);
    return `${group}\n${rows.map((s) => row(flagText(s), s.help)).join('\n')}`;
  });
  const variables = (SETTINGS as readonly Setting[]).filter(
    (s) => s.flag === undefined && s.variable !== undefined,
  );
  return `Run a load test

Usage: brunt run <script> [flags]

The script is a .ts, .mts, .js or .mjs file with a default function. Flags win over BRUNT_* variables,
and those over the script's \`options\`. TIME is written 200ms, 30s, 1m30s or 2h.

${groups.join('\n\n')}

Variables
  Each flag above but -e has one: --vus is BRUNT_VUS, --stage is BRUNT_STAGES, --tag is BRUNT_TAGS,
  --max-redirects is BRUNT_MAX_REDIRECTS. A switch is set by 1 or true. These have no flag:
${variables.map((s) => row(s.variable ?? '', s.help)).join('\n')}

Examples
  brunt run checkout.ts --vus 50 --duration 30s
  brunt run checkout.ts --stage 30s:50 --stage 1m:50 --stage 10s:0
  brunt run checkout.ts -e BASE_URL=https://staging.example.com --tag build=142
  brunt run checkout.ts --scenario browse,buy --summary-export result.json
  brunt run checkout.ts --once --http-debug=full

--duration, --iterations and --stage replace the script's \`scenarios\`, whose functions then do not run:
the default function does. To run some of the scenarios as they are, use --scenario.
`;
}

export function compareHelp(): string {
  return `Judge saved results against others: regression, ok, or not certain

Usage: brunt compare <results> --with <results> [flags]

Results are files of \`brunt run --save FILE\`, or folders of them. Several runs of each side tell a change
from chance: five against five, or one against a history of 19.

${plainRows(COMPARE_FLAGS)}

It ends with 0, with 99 for a regression (with --strict: for anything but ok), and with 104 for results
that cannot be compared.

Examples
  brunt compare main/ --with branch/
  brunt compare main/ --with branch/ --metric http_req_duration:p(99) --margin 10%
  brunt compare history/ --with new.brunt --strict --markdown comment.md
`;
}

export function historyHelp(): string {
  return `Show how saved results went from run to run: times, rate, verdict, and each p(95) beside those before it

Usage: brunt history <results> [flags]

Results are files of \`brunt run --save FILE\`, or folders of them. A run is compared with the 19 before it
that are like it; with fewer, only the difference is shown.

${plainRows(HISTORY_FLAGS)}

Examples
  brunt history results/main/
  brunt history results/main/ --last 10 --json history.json
`;
}

export function reportHelp(): string {
  return `Write the HTML report of a saved result: one file for the browser, with nothing from the network

Usage: brunt report <result> [flags]

The result is a file of \`brunt run --save FILE\`, or what a run that was killed has left: FILE.partial.

${plainRows(REPORT_FLAGS)}

Examples
  brunt report main.brunt
  brunt report main.brunt -O public/index.html
  brunt report main.brunt.partial -O - > left.html
`;
}

export function mergeHelp(): string {
  return `Make one result of those that several machines measured in one test

Usage: brunt merge <results> -O FILE [flags]

Results are files of \`brunt run --save FILE\`, or folders of them. Histograms are merged, so percentiles are those
of all samples; thresholds are judged anew, and the exit code is that of one run with all of it.

${plainRows(MERGE_FLAGS)}

Examples
  brunt merge one.brunt two.brunt -O all.brunt
  brunt merge machines/ -O all.brunt && brunt report all.brunt
`;
}

export function alertsHelp(): string {
  return `Make Prometheus alerting rules of a script's thresholds; runs no load

Usage: brunt alerts <script> [flags]

They watch runs of the script while these send what they measure to Prometheus (-o prometheus-remote-write
or -o prometheus). What cannot be told from there stands in the file as a comment, with the reason.

${plainRows(ALERTS_FLAGS)}

Without --for, a threshold over a window and a count alert at once, all others after 15s.

Examples
  brunt alerts checkout.ts
  brunt alerts checkout.ts -O rules/checkout.yml --label team=shop
`;
}

export function grafanaHelp(): string {
  return `Write a Grafana dashboard for what runs send to Prometheus: latency, throughput, resources

Usage: brunt grafana [flags]

Without -O the dashboard is printed, to be imported by hand. With it, Grafana's provisioning files are
written beside it, so that the dashboard is there when Grafana starts.

${plainRows(GRAFANA_FLAGS)}

Examples
  brunt grafana > dashboard.json
  brunt grafana -O grafana --prometheus http://prometheus:9090
`;
}

export function demoHelp(): string {
  return `Start the demo system: a small chat gateway with a database and a cache, to test against

Usage: brunt demo [flags]

${plainRows(DEMO_FLAGS)}

It runs until Ctrl-C, and uses PostgreSQL and Redis where DATABASE_URL and REDIS_URL name them.

Examples
  brunt demo --port 8080
  brunt demo --try
  brunt demo --try checkout.ts
`;
}

export const DEMO_FLAGS: readonly PlainFlag[] = [
  { flag: '--port', value: 'N', help: 'port to listen on (default: a free one)' },
  { flag: '--try', value: '[SCRIPT]', help: 'run a script against it, then end (default: the quick start)' },
];

function plainRows(flags: readonly PlainFlag[]): string {
  return flags.map((flag) => row(flagText(flag), flag.help)).join('\n');
}

function flagText({ flag, short, value, bare }: Pick<Setting, 'flag' | 'short' | 'value' | 'bare'>): string {
  const head = short === undefined ? `    ${flag}` : `${short}, ${flag}`;
  if (value === undefined) return head;
  return bare === undefined ? `${head} ${value}` : `${head}[=${value}]`;
}

export function versionText(): string {
  return `brunt ${bruntVersion()} (node ${process.version}, ${process.platform}-${process.arch})`;
}
