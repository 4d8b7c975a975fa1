/** From words to commands, and what is said about words that make none. */

import { expect, test } from 'vitest';
import { ConfigError } from '../../../dsl/errors.ts';
import { parseArgv } from '../../../runner/cli/parse.ts';
import { SETTINGS, type Setting } from '../../../runner/config/settings.ts';

function run(words: readonly string[], env: Record<string, string> = {}) {
  const command = parseArgv(['run', ...words], env);
  if (command.kind !== 'run') throw new Error(`not a run: ${command.kind}`);
  const { given, ...flags } = command.flags;
  return {
    script: command.script,
    ...flags,
    given: Object.fromEntries(given.map((g) => [g.setting.key, g.values])) as Record<
      string,
      readonly (string | true)[]
    >,
  };
}

function refusal(...words: string[]): string[] {
  try {
    parseArgv(words, {});
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.exitCode).toBe(104);
    return error.problems.map((p) => [p.message, p.hint].filter((x) => x !== undefined).join(' '));
  }
  return [];
}

test('every flag of the table is taken, in its long and its short form', () => {
  for (const setting of SETTINGS as readonly Setting[]) {
    if (setting.flag === undefined) continue;
    const value = setting.key === 'env' ? 'A=b' : setting.key === 'summaryMode' ? 'full' : '7';
    const words = setting.value === undefined ? [] : [value];
    for (const flag of [setting.flag, setting.short].filter((f) => f !== undefined)) {
      const joined = setting.bare === undefined ? [flag, ...words] : [`${flag}=${value}`];
      const command = run([...joined, 'script.ts']);
      expect(command.script).toBe('script.ts');
      if (setting.to === 'option')
        expect(command.given).toEqual({ [setting.key]: [setting.value === undefined ? true : value] });
    }
  }
});

test('flags may stand before and after the script, joined and apart', () => {
  expect(run(['-u5', 'a.ts', '--duration=1m']).given).toEqual({ vus: ['5'], duration: ['1m'] });
  expect(run(['--vus', '5', 'a.ts', '-d', '1m'])).toMatchObject({
    script: 'a.ts',
    given: { vus: ['5'], duration: ['1m'] },
  });
  expect(run(['-qu', '5', 'a.ts'])).toMatchObject({ quiet: true, given: { vus: ['5'] } });
});

test('repeatable flags keep their order', () => {
  expect(run(['a.ts', '-s', '5s:1', '--stage', '6s:2', '-s', '7s:3']).given).toEqual({
    stages: ['5s:1', '6s:2', '7s:3'],
  });
  expect(run(['a.ts', '--scenario', 'b,a', '--scenario', 'c', '--scenario', 'a']).scenarios).toEqual([
    'b',
    'a',
    'c',
  ]);
});

test('-e takes values with equals signs, empty ones, and those of the shell', () => {
  const { env } = run(['a.ts', '-e', 'URL=http://x?a=b', '-e', 'EMPTY=', '-e', 'FROM_SHELL'], {
    FROM_SHELL: 'yes',
    OTHER: 'no',
  });
  expect(env).toEqual({ URL: 'http://x?a=b', EMPTY: '', FROM_SHELL: 'yes' });
});

test('--http-debug never takes the script for its value', () => {
  expect(run(['--http-debug', 'a.ts'])).toMatchObject({ script: 'a.ts', given: { httpDebug: ['heads'] } });
  expect(run(['a.ts', '--http-debug=full']).given).toEqual({ httpDebug: ['full'] });
});

test('switches, from flags and from variables', () => {
  const off = {
    once: false,
    quiet: false,
    noColor: false,
    noSetup: false,
    noTeardown: false,
    noThresholds: false,
  };
  expect(run(['a.ts'])).toMatchObject({
    ...off,
    summaryMode: 'compact',
    summaryExport: undefined,
    junit: undefined,
    markdown: undefined,
    scenarios: [],
    env: {},
  });
  const words = ['--once', '-q', '--no-color', '--no-setup', '--no-teardown', '--no-thresholds'];
  expect(run(['a.ts', ...words])).toMatchObject(
    Object.fromEntries(Object.keys(off).map((key) => [key, true])),
  );
  const env = {
    BRUNT_QUIET: '1',
    BRUNT_NO_SETUP: 'false',
    BRUNT_SUMMARY_EXPORT: 'out.json',
    BRUNT_SCENARIO: 'a,b',
  };
  expect(run(['a.ts'], env)).toMatchObject({
    quiet: true,
    noSetup: false,
    summaryExport: 'out.json',
    scenarios: ['a', 'b'],
  });
  expect(run(['a.ts', '--summary-export', 'mine.json'], env).summaryExport).toBe('mine.json');
  expect(run(['a.ts'], { NO_COLOR: '1' }).noColor).toBe(true);
});

test('words after -- are no flags', () => {
  expect(run(['--', '-odd.ts']).script).toBe('-odd.ts');
});

test('negative numbers are values', () => {
  expect(run(['a.ts', '-u', '-1']).given).toEqual({ vus: ['-1'] });
});

test('every unknown flag is told at once, with the nearest or with advice', () => {
  expect(refusal('run', '--vu', '5', '--foo', 'a.ts', '--config=x', '-p')).toEqual([
    '--vu is not a flag of Brunt. Did you mean --vus?',
    '--foo is not a flag of Brunt. Every flag is listed by: brunt run --help',
    '--config is not a flag of Brunt. It is planned, but not in this version of Brunt.',
    '-p is not a flag of Brunt. k6 has it; Brunt starts at once.',
  ]);
  expect(refusal('run', 'a.ts', '--no-colour')).toEqual([
    '--no-colour is not a flag of Brunt. Did you mean --no-color?',
  ]);
  expect(refusal('run', 'a.ts', '--linger')).toEqual([
    '--linger is not a flag of Brunt. k6 has it; Brunt ends when the test has ended.',
  ]);
});

test('missing values, values too many, and arguments too few and too many', () => {
  expect(refusal('run', 'a.ts', '-u')).toEqual(['-u, --vus needs a value. Write --vus N']);
  expect(refusal('run', 'a.ts', '-u', '--once')).toEqual(['-u, --vus needs a value. Write --vus N']);
  expect(refusal('run', 'a.ts', '--quiet=false')).toEqual([
    "--quiet takes no value, but got 'false'. Write --quiet alone, or leave it out.",
  ]);
  expect(refusal('run')).toEqual(['`brunt run` needs a script. For example: brunt run checkout.ts']);
  expect(refusal('run', 'a.ts', 'b.ts')[0]).toMatch(
    /^`brunt run` takes one script, but got 2: a\.ts b\.ts\./,
  );
});

test('bad values of flags that set no option are told at once', () => {
  expect(refusal('run', '--summary-mode', 'ful', '-e', '=x', '-e', 'NOT_THERE')).toEqual([
    '`brunt run` needs a script. For example: brunt run checkout.ts',
    "--env is '=x': it must be KEY=VALUE. For example: -e BASE_URL=http://127.0.0.1:8080",
    "--env names 'NOT_THERE' without a value, and this shell has no such variable. Write -e NOT_THERE=VALUE",
    "--summary-mode is 'ful': it must be compact, full or disabled. Did you mean `full`?",
  ]);
  expect(() => parseArgv(['run', 'a.ts'], { BRUNT_ONCE: 'perhaps' })).toThrow(
    "BRUNT_ONCE is 'perhaps': it must be true or false.",
  );
});

test('unknown commands', () => {
  expect(refusal('rum', 'a.ts')).toEqual(['Brunt has no command `rum`. Did you mean `run`?']);
  expect(refusal('a.ts', '-u', '1')).toEqual(['`a.ts` is no command. Did you mean `brunt run a.ts -u 1`?']);
  expect(refusal('--vus', '3')).toEqual([
    '--vus stands before any command. Flags come after the command: brunt run <script> [flags]',
  ]);
  expect(refusal('inspect', 'a.ts')).toEqual([
    'Brunt has no command `inspect`. It is planned, but not in this version of Brunt.',
  ]);
  expect(refusal('xyzzy')).toEqual([
    'Brunt has no command `xyzzy`. Commands are run, report, compare, history, merge, alerts, grafana, demo, help, version. Try: brunt --help',
  ]);
});

test('demo', () => {
  expect(parseArgv(['demo'], {})).toEqual({ kind: 'demo', port: undefined, tryScript: undefined });
  expect(parseArgv(['demo', '--port', '8080'], {})).toEqual({
    kind: 'demo',
    port: 8080,
    tryScript: undefined,
  });
  expect(parseArgv(['demo', '--try'], {})).toMatchObject({ tryScript: true });
  expect(parseArgv(['demo', '--try', 'a.ts', '--port=0'], {})).toEqual({
    kind: 'demo',
    port: 0,
    tryScript: 'a.ts',
  });
  expect(refusal('demo', '--port', '80800')).toEqual([
    "--port is '80800': it must be a whole number from 0 (any free port) to 65535.",
  ]);
  expect(refusal('demo', '--prot', '1')).toEqual(['--prot is not a flag of Brunt. Did you mean --port?']);
  expect(refusal('demo', 'a.ts')[0]).toMatch(/To run a script against it: brunt demo --try a\.ts$/);
});

test('help and version', () => {
  const text = (...words: string[]) => {
    const command = parseArgv(words, {});
    return command.kind === 'help' || command.kind === 'version' ? command.text : command.kind;
  };
  expect(text()).toBe(text('--help'));
  expect(text('help')).toBe(text('-h'));
  expect(text('help', 'run')).toBe(text('run', '--help'));
  expect(text('run', 'a.ts', '-u', '5', '-h')).toBe(text('run', '--help'));
  expect(text('help', 'demo')).toBe(text('demo', '-h'));
  expect(text('--version')).toMatch(/^brunt \d+\.\d+\.\d+ \(node v\d+/);
  const help = text('run', '--help');
  for (const setting of SETTINGS as readonly Setting[])
    expect(help).toContain(setting.flag ?? setting.variable);
  for (const line of `${help}\n${text()}\n${text('help', 'demo')}`.split('\n'))
    expect(line.length, line).toBeLessThanOrEqual(104);
});
