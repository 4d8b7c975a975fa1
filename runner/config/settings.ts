/**
 * The one table of what can be set outside a script: every flag of `run` with its variable, its help line and the
 * option that it sets. The parser, the variables' layer and the help text are all made from it.
 */

/** Headings of `brunt run --help`, in their order. */
export const SETTING_GROUPS = ['Load', 'Script', 'Result', 'Terminal', 'HTTP', 'Steps to leave out'] as const;

export type SettingGroup = (typeof SETTING_GROUPS)[number];

/**
 * How the text of a flag or variable is read: `value` as it stands (numbers, durations, words), `switch` true where
 * it is given, `list` by commas, `stages` as `duration:target` by commas, `pairs` as `K=V` (variables: by commas).
 */
export type SettingKind = 'value' | 'switch' | 'list' | 'stages' | 'pairs';

export interface Setting {
  /** An option of the script that this overrides, or a name of `RunSwitches`. */
  readonly key: string;
  readonly to: 'option' | 'run';
  readonly kind: SettingKind;
  readonly group: SettingGroup;
  /** With its dashes: `--vus`; absent where only a variable exists. */
  readonly flag?: string;
  /** `-u`. */
  readonly short?: string;
  /** Name of the value in the help text. */
  readonly value?: string;
  /** What the flag means when it stands without `=value`; only then may the value be left out. */
  readonly bare?: string;
  /** Flag may be given several times. */
  readonly repeatable?: boolean;
  readonly variable?: string;
  readonly help: string;
}

export const SETTINGS = [
  {
    key: 'vus',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--vus',
    short: '-u',
    value: 'N',
    variable: 'BRUNT_VUS',
    help: 'virtual users (with --duration, --iterations or --stage)',
  },
  {
    key: 'duration',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--duration',
    short: '-d',
    value: 'TIME',
    variable: 'BRUNT_DURATION',
    help: 'how long to run: 30s, 1m30s',
  },
  {
    key: 'iterations',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--iterations',
    short: '-i',
    value: 'N',
    variable: 'BRUNT_ITERATIONS',
    help: 'iterations in all, shared by the virtual users',
  },
  {
    key: 'stages',
    to: 'option',
    kind: 'stages',
    group: 'Load',
    flag: '--stage',
    short: '-s',
    value: 'TIME:N',
    repeatable: true,
    variable: 'BRUNT_STAGES',
    help: 'go to N virtual users within TIME; repeat for more steps',
  },
  {
    key: 'scenario',
    to: 'run',
    kind: 'list',
    group: 'Load',
    flag: '--scenario',
    value: 'NAME',
    repeatable: true,
    variable: 'BRUNT_SCENARIO',
    help: 'run only this scenario; repeat or separate by commas',
  },
  {
    key: 'once',
    to: 'run',
    kind: 'switch',
    group: 'Load',
    flag: '--once',
    variable: 'BRUNT_ONCE',
    help: 'one virtual user, one iteration, no thresholds: for debugging',
  },
  {
    key: 'workers',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--workers',
    value: 'N',
    variable: 'BRUNT_WORKERS',
    help: 'threads (default: one per core, at most one per virtual user)',
  },
  {
    key: 'seed',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--seed',
    value: 'N',
    variable: 'BRUNT_SEED',
    help: 'start of every random sequence (default: chosen and reported)',
  },
  {
    key: 'minIterationDuration',
    to: 'option',
    kind: 'value',
    group: 'Load',
    flag: '--min-iteration-duration',
    value: 'TIME',
    variable: 'BRUNT_MIN_ITERATION_DURATION',
    help: 'shortest time of an iteration; the rest is slept',
  },

  {
    key: 'env',
    to: 'run',
    kind: 'pairs',
    group: 'Script',
    flag: '--env',
    short: '-e',
    value: 'K=V',
    repeatable: true,
    help: "add to the script's __ENV, which also holds this shell's variables",
  },
  {
    key: 'tags',
    to: 'option',
    kind: 'pairs',
    group: 'Script',
    flag: '--tag',
    value: 'K=V',
    repeatable: true,
    variable: 'BRUNT_TAGS',
    help: 'tag every sample',
  },
  {
    key: 'setupTimeout',
    to: 'option',
    kind: 'value',
    group: 'Script',
    variable: 'BRUNT_SETUP_TIMEOUT',
    help: 'longest time of setup()',
  },
  {
    key: 'teardownTimeout',
    to: 'option',
    kind: 'value',
    group: 'Script',
    variable: 'BRUNT_TEARDOWN_TIMEOUT',
    help: 'longest time of teardown()',
  },

  {
    key: 'summaryExport',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--summary-export',
    value: 'FILE',
    variable: 'BRUNT_SUMMARY_EXPORT',
    help: 'write the result as JSON',
  },
  {
    key: 'save',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--save',
    value: 'FILE',
    variable: 'BRUNT_SAVE',
    help: 'save all that was measured, to compare or report it later',
  },
  {
    key: 'baseline',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--baseline',
    value: 'FILE',
    variable: 'BRUNT_BASELINE',
    help: 'compare with a saved result, or a folder of them',
  },
  {
    key: 'report',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--report',
    value: 'FILE',
    variable: 'BRUNT_REPORT',
    help: 'write the HTML report, one file for the browser',
  },
  {
    key: 'out',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--out',
    short: '-o',
    value: 'KIND=TARGET',
    repeatable: true,
    variable: 'BRUNT_OUT',
    help: 'pass on what is measured while it runs (repeatable)',
  },
  {
    key: 'traceSlowest',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--trace-slowest',
    value: 'N',
    variable: 'BRUNT_TRACE_SLOWEST',
    help: 'keep the N slowest and first N failing requests for the report',
  },
  {
    key: 'junit',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--junit',
    value: 'FILE',
    variable: 'BRUNT_JUNIT',
    help: 'write a JUnit report (XML): a case per threshold and check',
  },
  {
    key: 'markdown',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--markdown',
    value: 'FILE',
    variable: 'BRUNT_MARKDOWN',
    help: 'write the summary as Markdown, for a pull request',
  },
  {
    key: 'summaryTrendStats',
    to: 'option',
    kind: 'list',
    group: 'Result',
    flag: '--summary-trend-stats',
    value: 'LIST',
    variable: 'BRUNT_SUMMARY_TREND_STATS',
    help: 'statistics of times: "avg,p(95),p(99.9)"',
  },
  {
    key: 'summaryMode',
    to: 'run',
    kind: 'value',
    group: 'Result',
    flag: '--summary-mode',
    value: 'MODE',
    variable: 'BRUNT_SUMMARY_MODE',
    help: 'compact (default), full (every metric, group and tag) or disabled',
  },

  {
    key: 'dashboard',
    to: 'run',
    kind: 'value',
    group: 'Terminal',
    flag: '--dashboard',
    value: 'PORT',
    bare: '5665',
    variable: 'BRUNT_DASHBOARD',
    help: 'serve a live page on this machine (default port: 5665; 0: any)',
  },
  {
    key: 'quiet',
    to: 'run',
    kind: 'switch',
    group: 'Terminal',
    flag: '--quiet',
    short: '-q',
    variable: 'BRUNT_QUIET',
    help: 'no progress while it runs',
  },
  {
    key: 'noColor',
    to: 'run',
    kind: 'switch',
    group: 'Terminal',
    flag: '--no-color',
    variable: 'BRUNT_NO_COLOR',
    help: 'plain text (NO_COLOR does the same)',
  },
  {
    key: 'httpDebug',
    to: 'option',
    kind: 'value',
    group: 'Terminal',
    flag: '--http-debug',
    value: 'full',
    bare: 'heads',
    variable: 'BRUNT_HTTP_DEBUG',
    help: 'print heads of requests and responses; =full prints bodies too',
  },

  {
    key: 'userAgent',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--user-agent',
    value: 'TEXT',
    variable: 'BRUNT_USER_AGENT',
    help: 'User-Agent header (default: Brunt/<version>)',
  },
  {
    key: 'maxRedirects',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--max-redirects',
    value: 'N',
    variable: 'BRUNT_MAX_REDIRECTS',
    help: 'most redirects to follow (default: 10)',
  },
  {
    key: 'batch',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--batch',
    value: 'N',
    variable: 'BRUNT_BATCH',
    help: 'requests of one http.batch at once (default: 20)',
  },
  {
    key: 'batchPerHost',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--batch-per-host',
    value: 'N',
    variable: 'BRUNT_BATCH_PER_HOST',
    help: 'the same per host (default: 6)',
  },
  {
    key: 'connections',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    variable: 'BRUNT_CONNECTIONS',
    help: "'vu' (each virtual user has its own) or 'shared'",
  },
  {
    key: 'throw',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    flag: '--throw',
    short: '-w',
    variable: 'BRUNT_THROW',
    help: 'failed requests throw',
  },
  {
    key: 'discardResponseBodies',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    flag: '--discard-response-bodies',
    variable: 'BRUNT_DISCARD_RESPONSE_BODIES',
    help: 'read and count bodies but do not keep them',
  },
  {
    key: 'insecureSkipTLSVerify',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    flag: '--insecure-skip-tls-verify',
    variable: 'BRUNT_INSECURE_SKIP_TLS_VERIFY',
    help: 'accept any certificate',
  },
  {
    key: 'http2',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--http2',
    value: 'auto',
    variable: 'BRUNT_HTTP2',
    bare: 'true',
    help: 'HTTP/2 only; =auto: where an https server speaks it',
  },
  {
    key: 'proxy',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--proxy',
    value: 'URL',
    variable: 'BRUNT_PROXY',
    help: 'proxy of all requests (default: HTTP_PROXY, HTTPS_PROXY, NO_PROXY)',
  },
  {
    key: 'dns',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--dns',
    value: 'LIST',
    variable: 'BRUNT_DNS',
    help: 'name resolution: ttl=5m,select=first,policy=preferIPv4',
  },
  {
    key: 'blacklistIPs',
    to: 'option',
    kind: 'list',
    group: 'HTTP',
    flag: '--blacklist-ip',
    value: 'NETWORK',
    variable: 'BRUNT_BLACKLIST_IPS',
    repeatable: true,
    help: 'never dial these addresses: 10.0.0.0/8',
  },
  {
    key: 'blockHostnames',
    to: 'option',
    kind: 'list',
    group: 'HTTP',
    flag: '--block-hostnames',
    value: 'LIST',
    variable: 'BRUNT_BLOCK_HOSTNAMES',
    repeatable: true,
    help: 'never ask these hosts: *.example.com',
  },
  {
    key: 'localIPs',
    to: 'option',
    kind: 'list',
    group: 'HTTP',
    flag: '--local-ips',
    value: 'LIST',
    variable: 'BRUNT_LOCAL_IPS',
    help: 'addresses to send from: 10.0.0.1-10.0.0.9,10.0.1.0/24',
  },
  {
    key: 'tlsVersion',
    to: 'option',
    kind: 'value',
    group: 'HTTP',
    flag: '--tls-version',
    value: 'VERSION',
    variable: 'BRUNT_TLS_VERSION',
    help: 'that one only: tls1.2, tls1.3',
  },
  {
    key: 'noConnectionReuse',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    flag: '--no-connection-reuse',
    variable: 'BRUNT_NO_CONNECTION_REUSE',
    help: 'a new connection for every request',
  },
  {
    key: 'noVUConnectionReuse',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    flag: '--no-vu-connection-reuse',
    variable: 'BRUNT_NO_VU_CONNECTION_REUSE',
    help: 'close connections at the end of every iteration',
  },
  {
    key: 'noCookiesReset',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    variable: 'BRUNT_NO_COOKIES_RESET',
    help: 'cookies survive the iteration',
  },
  {
    key: 'traceContext',
    to: 'option',
    kind: 'switch',
    group: 'HTTP',
    variable: 'BRUNT_TRACE_CONTEXT',
    help: 'requests carry a W3C traceparent header',
  },

  {
    key: 'noThresholds',
    to: 'run',
    kind: 'switch',
    group: 'Steps to leave out',
    flag: '--no-thresholds',
    variable: 'BRUNT_NO_THRESHOLDS',
    help: 'do not judge the result',
  },
  {
    key: 'noSetup',
    to: 'run',
    kind: 'switch',
    group: 'Steps to leave out',
    flag: '--no-setup',
    variable: 'BRUNT_NO_SETUP',
    help: 'do not run setup()',
  },
  {
    key: 'noTeardown',
    to: 'run',
    kind: 'switch',
    group: 'Steps to leave out',
    flag: '--no-teardown',
    variable: 'BRUNT_NO_TEARDOWN',
    help: 'do not run teardown()',
  },
] as const satisfies readonly Setting[];

/** A setting as the user gave it: the texts of a flag (each time it was given) or of a variable. */
export interface GivenSetting {
  readonly setting: Setting;
  /** In the order given; `true` for a switch. At least one. */
  readonly values: readonly (string | true)[];
  /** `--vus` or `BRUNT_VUS`. */
  readonly name: string;
  readonly by: 'flag' | 'variable';
}

/** Variables that are set, and not empty, in the order of the table. */
export function givenVariables(
  env: Readonly<Record<string, string | undefined>>,
  to: Setting['to'],
): GivenSetting[] {
  const given: GivenSetting[] = [];
  for (const setting of SETTINGS as readonly Setting[]) {
    const name = setting.variable;
    if (setting.to !== to || name === undefined) continue;
    const value = env[name];
    if (value !== undefined && value !== '') given.push({ setting, values: [value], name, by: 'variable' });
  }
  return given;
}
