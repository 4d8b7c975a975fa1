import { describe, expect, it, test } from 'vitest';
import { ConfigError } from '../../../dsl/errors.ts';
import { createOutputs } from '../../../runner/outputs/registry.ts';
import { parseOutput } from '../../../runner/outputs/spec.ts';

test.each([
  ['json', 'json', undefined],
  ['json=', 'json', undefined],
  ['json=a=b.json', 'json', 'a=b.json'],
  [' csv = x.csv ', 'csv', 'x.csv'],
  ['./mine.ts', './mine.ts', undefined],
  ['@acme/out=team', '@acme/out', 'team'],
])('%s is %s with %s', (given, kind, target) => {
  expect(parseOutput(given)).toMatchObject({ given, kind, target });
});

test.each([
  ['influxdb=http://u:p4ss@h:8086/db', 'influxdb=http://u:***@h:8086/db'],
  ['x=https://token123@h/', 'x=https://***@h/'],
  ['x=http://h/write?db=a&p=geheim&precision=ms#f', 'x=http://h/write?db=a&p=***&precision=ms#f'],
  ['x=http://h/?API_KEY=1&access-token=2&tokens=3', 'x=http://h/?API_KEY=***&access-token=***&tokens=3'],
  ['json=C:/a@b?p=1', 'json=C:/a@b?p=1'],
  ['x=http://h/a@b', 'x=http://h/a@b'],
])('%s is shown as %s', (given, name) => {
  expect(parseOutput(given).name).toBe(name);
});

async function problemsOf(...given: string[]): Promise<readonly string[]> {
  const context = { cwd: '/nowhere', env: {}, warn: () => undefined, log: () => undefined };
  const error: unknown = await createOutputs(given, context).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).exitCode).toBe(104);
  return (error as ConfigError).problems.map(({ message, hint }) => `${message} ${hint ?? ''}`.trim());
}

describe('before a run', () => {
  it('everything that is wrong is told at once', async () => {
    const problems = await problemsOf('jsno=x', 'json=a.json', 'csv=./a.json', '=x', 'json', 'csv=-');
    expect(problems).toHaveLength(4);
    expect(problems[0]).toMatch(
      /there is no output 'jsno' and no installed package of that name; there is json, .* Did you mean 'json'\?/,
    );
    expect(problems[1]).toMatch(/-o csv=\.\/a\.json and -o json=a\.json would both write to the same file/);
    expect(problems[2]).toMatch(/names no kind of output/);
    expect(problems[3]).toMatch(/-o csv=- and -o json would both write to stdout/);
  });

  it('a form of time that CSV does not know is refused', async () => {
    const context = {
      cwd: '/nowhere',
      env: { BRUNT_CSV_TIME_FORMAT: 'unix_mili' },
      warn: () => undefined,
      log: () => undefined,
    };
    await expect(createOutputs(['csv=x'], context)).rejects.toThrow(
      /BRUNT_CSV_TIME_FORMAT is 'unix_mili': it must be unix, unix_milli, /,
    );
  });
});
