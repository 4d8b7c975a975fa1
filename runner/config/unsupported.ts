/** Names that users of k6 (or readers of Brunt's plans) may try and that this version does not have: what to do instead. */

export type Advice = Readonly<Record<string, string>>;

const LATER = 'It is planned, but not in this version of Brunt.';
const CLOUD = 'Brunt has no cloud service; results stay on this machine.';
const LOCAL_ONLY =
  'Brunt runs the whole test on this machine; several machines are planned, but not in this version.';

/** Options of the script. */
export const UNSUPPORTED_OPTIONS: Advice = {
  cloud: CLOUD,
  ext: 'k6 has it for extensions and its cloud; in Brunt a script imports npm packages instead.',
  rps: "k6 has it but advises against it; use the executor 'constant-arrival-rate', which sets the rate of iterations.",
  executionSegment: LOCAL_ONLY,
  executionSegmentSequence: LOCAL_ONLY,
  externallyControlled: 'k6 has it; in Brunt the schedule is fixed before the start.',
  linger: 'k6 has it; Brunt ends when the test has ended.',
  paused: 'k6 has it; Brunt starts at once. `startTime` of a scenario delays it.',
  vusMax: 'k6 has given it up too: use `maxVUs` of an arrival-rate executor.',
  noSetup: 'Give `--no-setup` on the command line.',
  noTeardown: 'Give `--no-teardown` on the command line.',
  noThresholds: 'Give `--no-thresholds` on the command line, or leave `thresholds` out.',
  noSummary: 'Give `--summary-mode=disabled` on the command line.',
  noUsageReport: 'Brunt sends no usage reports.',
  summaryTimeUnit:
    'k6 has it; Brunt prints every time in the unit that reads best, and exports milliseconds.',
  summaryMode: 'Give `--summary-mode` on the command line.',
  summaryExport: 'Give `--summary-export FILE` on the command line.',
  systemTags: 'k6 has it; in Brunt the system tags are fixed. `breakdown` adds tags of your own.',
  compatibilityMode: 'Brunt always runs TypeScript and modern JavaScript.',
  logOutput: 'Brunt logs to stderr; redirect it with `2> FILE`.',
  env: 'Set `env` in a scenario, or give `-e KEY=VALUE` on the command line.',
  exec: 'It belongs to a scenario: `scenarios: { name: { exec, … } }`.',
  params: LATER,
  profiles: LATER,
  environments: LATER,
  monitors: LATER,
};

/** Keys of a scenario. */
export const UNSUPPORTED_SCENARIO_KEYS: Advice = {
  options: 'k6 has it for browser scenarios, which are planned, but not in this version of Brunt.',
  weight: LATER,
  after: LATER,
  params: LATER,
};

export const UNSUPPORTED_EXECUTORS: Advice = {
  'externally-controlled': 'k6 has it; in Brunt the schedule is fixed before the start.',
};

/** Flags of `run`. */
export const UNSUPPORTED_FLAGS: Advice = {
  '--config': LATER,
  '-c': LATER,
  '--profile': LATER,
  '--environment': LATER,
  '--param': LATER,
  '--agents': LATER,
  '--nats': LATER,
  '--address': 'k6 has it; Brunt opens no port while it runs.',
  '-a': 'k6 has it; Brunt opens no port while it runs.',
  '--compatibility-mode': 'Brunt always runs TypeScript and modern JavaScript.',
  '--console-output': 'Brunt logs to stderr; redirect it with `2> FILE`.',
  '--execution-segment': LOCAL_ONLY,
  '--execution-segment-sequence': LOCAL_ONLY,
  '--include-system-env-vars': "Not needed: the script's `__ENV` always holds this shell's variables.",
  '--linger': 'k6 has it; Brunt ends when the test has ended.',
  '-l': 'k6 has it; Brunt ends when the test has ended.',
  '--log-format': 'Brunt logs plain text to stderr.',
  '--log-output': 'Brunt logs to stderr; redirect it with `2> FILE`.',
  '--no-summary': 'Give `--summary-mode=disabled`.',
  '--no-usage-report': 'Not needed: Brunt sends no usage reports.',
  '--paused': 'k6 has it; Brunt starts at once.',
  '-p': 'k6 has it; Brunt starts at once.',
  '--rps': "k6 has it but advises against it; use the executor 'constant-arrival-rate'.",
  '--summary-time-unit':
    'k6 has it; Brunt prints every time in the unit that reads best, and exports milliseconds.',
  '--system-tags': 'k6 has it; in Brunt the system tags are fixed.',
  '--traces-output': LATER,
  '--type': 'Brunt tells the kind of file from its name.',
  '--verbose': '`--http-debug` shows requests; `--once` runs a single iteration.',
  '-v': '`--http-debug` shows requests; `--once` runs a single iteration. `brunt --version` prints the version.',
};

export const UNSUPPORTED_COMMANDS: Advice = {
  inspect: LATER,
  new: LATER,
  convert: LATER,
  archive: LATER,
  agent: LATER,
  k8s: LATER,
  schema: LATER,
  cloud: CLOUD,
  login: CLOUD,
  pause: 'k6 has it; a run of Brunt cannot be paused.',
  resume: 'k6 has it; a run of Brunt cannot be paused.',
  scale: 'k6 has it; in Brunt the schedule is fixed before the start.',
  stats: 'k6 has it; Brunt opens no port while it runs.',
  status: 'k6 has it; Brunt opens no port while it runs.',
};

/** The advice for a name, spelled as listed. */
export function adviceFor(name: string, advice: Advice): string | undefined {
  return Object.hasOwn(advice, name) ? advice[name] : undefined;
}
