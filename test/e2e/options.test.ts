/** Flags, variables and the script's options: what each does, who wins, and what is refused. */

import { describe, expect, test } from 'vitest';
import { brunt, OURS, printed, runScript, type ScriptResult } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

const EMPTY = 'export default function () {}\n';

function passes(run: ScriptResult): ScriptResult {
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  return run;
}

describe('flags', () => {
  test('-u and -i', async () => {
    const run = passes(await runScript(EMPTY, ['-u', '3', '-i', '12']));
    expect(run.summary.scenarios.default).toMatchObject({ executor: 'shared-iterations', iterations: 12 });
    expect(run.summary.options.scenarios).toMatchObject({ default: { vus: 3 } });
    // Also for a run that is over at once.
    expect(run.metric('vus_max').values.max).toBe(3);
  });

  test('-u and -d', async () => {
    const run = passes(
      await runScript("import { sleep } from 'brunt';\nexport default () => sleep('50ms');\n", [
        '-u',
        '2',
        '-d',
        '600ms',
      ]),
    );
    expect(run.summary.scenarios.default?.executor).toBe('constant-vus');
    expect(run.summary.run.durationMs).toBeGreaterThan(590);
    expect(run.summary.run.durationMs).toBeLessThan(3000);
  });

  test('-s, several times', async () => {
    const run = passes(
      await runScript("import { sleep } from 'brunt';\nexport default () => sleep('20ms');\n", [
        '-s',
        '300ms:3',
        '-s',
        '300ms:0',
      ]),
    );
    expect(run.summary.scenarios.default?.executor).toBe('ramping-vus');
    expect(run.summary.options.scenarios).toMatchObject({
      default: {
        stages: [
          { duration: 300, target: 3 },
          { duration: 300, target: 0 },
        ],
      },
    });
  });

  test('-e, with = and , in values; the shell comes too', async () => {
    const run = passes(
      await runScript(
        "export default function () { console.log('@' + JSON.stringify([__ENV.A, __ENV.B, __ENV.FROM_SHELL, __ENV.NONE ?? null])); }",
        ['-e', 'A=x=y,z', '--env', 'B=', '-e', 'FROM_SHELL'],
        { env: { FROM_SHELL: 'yes' } },
      ),
    );
    expect(printed(run)).toEqual([['x=y,z', '', 'yes', null]]);
  });

  test('--tag makes series where a threshold asks for it', async () => {
    const run = passes(
      await runScript(
        `export const options = { thresholds: { 'iterations{build:142}': ['count==2'] } };\n${EMPTY}`,
        ['--tag', 'build=142', '-i', '2'],
      ),
    );
    expect(run.value('iterations{build:142}', 'count')).toBe(2);
  });

  test('--seed and --workers are told in the result', async () => {
    const run = passes(await runScript(EMPTY, ['--seed', '99', '--workers', '2', '-u', '2', '-i', '2']));
    expect(run.summary.run).toMatchObject({ seed: 99, workers: 2 });
  });

  test('--summary-trend-stats chooses the columns and the values', async () => {
    const run = passes(
      await runScript(
        `import { Trend } from 'brunt';\nconst t = new Trend('t', true);\nexport default () => { t.add(__ITER); };\n`,
        ['-i', '101', '--summary-trend-stats', 'avg,p(99.5),max'],
      ),
    );
    const { avg, max, 'p(99.5)': p } = run.metric('t').values;
    expect({ avg, max }).toEqual({ avg: 50, max: 100 });
    expect(p).toBeCloseTo(100, 0);
    // Beside them what the summary's own tables show, and nothing else.
    expect(Object.keys(run.metric('t').values).sort()).toEqual(
      ['avg', 'count', 'max', 'p(50)', 'p(95)', 'p(99)', 'p(99.5)'].sort(),
    );
    expect(run.stdout).toMatch(/TRENDS\s+avg\s+p\(99\.5\)\s+max/);
    expect(run.stdout).toMatch(/t\s+101\s+50 ms\s+95 ms\s+99 ms\s+100 ms/);
  });

  test('-q is silent while it runs, --no-color and pipes have no escapes', async () => {
    const script = "import { sleep } from 'brunt';\nexport default () => sleep('1500ms');\n";
    const quiet = passes(await runScript(script, ['-q']));
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).toContain('1 complete');
    const coloured = passes(await runScript(script, ['--no-color'], { env: { FORCE_COLOR: '1' } }));
    expect(coloured.output).not.toContain('\u001b[');
    expect(coloured.stderr).toMatch(/^running 1s/m);
    const forced = passes(await runScript(EMPTY, [], { env: { FORCE_COLOR: '1' } }));
    expect(forced.stdout).toContain('\u001b[');
  });

  test('--http-debug prints heads, =full bodies too', async () => {
    const server = await httpServer((req, res) => {
      req.resume();
      res.setHeader('x-answer', 'yes').end('the body of the answer');
    });
    const script =
      "import { http } from 'brunt';\nexport default () => http.post(__ENV.URL + '/debug', 'the body sent');\n";
    try {
      const heads = passes(await runScript(script, ['--http-debug', '-e', `URL=${server.url}`]));
      expect(heads.stderr).toContain('POST /debug');
      expect(heads.stderr).toMatch(/x-answer: yes/i);
      expect(heads.stderr).not.toContain('the body of the answer');
      const full = passes(await runScript(script, ['--http-debug=full', '-e', `URL=${server.url}`]));
      expect(full.stderr).toContain('the body of the answer');
      expect(full.stderr).toContain('the body sent');
    } finally {
      await server.close();
    }
  });

  test('--summary-mode full shows every metric, disabled nothing', async () => {
    const full = passes(await runScript(EMPTY, ['--summary-mode', 'full']));
    expect(full.stdout).toContain('iteration_duration');
    const none = passes(await runScript(EMPTY, ['--summary-mode=disabled']));
    expect(none.stdout).toBe('');
  });

  test('--summary-export to a place that cannot be written is refused before anything starts', async () => {
    const run = await brunt(['run', 'script.ts', '--summary-export', 'script.ts/x.json'], {
      files: { 'script.ts': "console.log('it ran');\nexport default function () {}\n" },
    });
    expect(run.code).toBe(104);
    expect(run.stderr).toContain('--summary-export');
    expect(run.output).not.toContain('it ran');
    expect(run.output).not.toMatch(OURS);
  });

  test('--summary-export that fails at the end: the summary is printed all the same, and the run does not pass', async () => {
    const run = await brunt(['run', 'script.ts', '--summary-export', 'out.json'], {
      files: {
        'script.ts': `import { mkdirSync } from 'node:fs';\n${EMPTY}export function teardown() { mkdirSync('out.json'); }\n`,
      },
    });
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/the result could not be written to out\.json/);
    expect(run.stdout).toContain('1 complete');
    expect(run.output).not.toMatch(OURS);
  });

  test('--help and --version', async () => {
    for (const args of [['--help'], ['run', '--help'], ['help', 'run']]) {
      const run = await brunt(args);
      expect(run.code).toBe(0);
      expect(run.stdout).toContain('brunt run');
    }
    const help = await brunt(['run', '-h']);
    for (const flag of [
      '--vus',
      '--duration',
      '--iterations',
      '--stage',
      '--env',
      '--tag',
      '--workers',
      '--seed',
      '--summary-export',
      '--summary-trend-stats',
      '--quiet',
      '--no-color',
      '--no-thresholds',
      '--once',
      '--http-debug',
      '--scenario',
    ])
      expect(help.stdout).toContain(flag);
    expect((await brunt(['--version'])).stdout).toMatch(/^brunt \d+\.\d+\.\d+/);
  });
});

describe('precedence', () => {
  const script = `export const options = { iterations: 2, summaryTrendStats: ['avg'], tags: { a: 'script', s: '1' } };\n${EMPTY}`;

  test('the script alone', async () => {
    expect(passes(await runScript(script)).value('iterations', 'count')).toBe(2);
  });

  test('a variable beats the script', async () => {
    const run = passes(await runScript(script, [], { env: { BRUNT_ITERATIONS: '3' } }));
    expect(run.value('iterations', 'count')).toBe(3);
  });

  test('a flag beats both', async () => {
    const run = passes(await runScript(script, ['-i', '4'], { env: { BRUNT_ITERATIONS: '3' } }));
    expect(run.value('iterations', 'count')).toBe(4);
  });

  test('tags are joined', async () => {
    const run = passes(await runScript(script, ['--tag', 'a=flag'], { env: { BRUNT_TAGS: 'v=2' } }));
    expect(run.summary.options.tags).toMatchObject({ a: 'flag' });
  });

  test("a flag's load replaces the script's scenarios, and says so", async () => {
    const run = passes(
      await runScript(
        `export const options = { scenarios: { a: { executor: 'constant-vus', vus: 9, duration: '1h' } } };\n${EMPTY}`,
        ['-i', '1'],
      ),
    );
    expect(Object.keys(run.summary.scenarios)).toEqual(['default']);
  });
});

describe('refused, every problem at once', () => {
  test('with places, allowed values and nearest spellings', async () => {
    const run = await runScript(
      [
        "import { defineOptions } from 'brunt';",
        'export const options = defineOptions({',
        '  scenarios: {',
        "    browse: { executor: 'constant-arrival-rat', rate: 1 },",
        "    buy: { executor: 'constant-vus', vus: 0, duration: '10 parsecs', gracefulSotp: '1s' },",
        "    pay: { executor: 'constant-arrival-rate', rate: 10, duration: '1s' },",
        '  },',
        "  thresholds: { 'http_req_duration{scenario:byu}': ['p(95)<400'], checks: ['p(95)<1'] },",
        '  tagz: {},',
        '} as never);',
        EMPTY,
      ].join('\n'),
      ['--workers', '-2', '--seed=soon'],
    );
    expect(run.code).toBe(104);
    expect(run.output).not.toMatch(OURS);
    expect(run.hasSummary).toBe(false);
    const said = run.stderr;
    expect(said).toMatch(/4:25 .*constant-arrival-rat[^→]*→ Did you mean `?'?constant-arrival-rate/);
    expect(said).toMatch(/5:\d+ .*vus/);
    expect(said).toMatch(/5:\d+ .*10 parsecs/);
    expect(said).toMatch(/5:\d+ .*gracefulSotp[^→]*→ Did you mean `gracefulStop`/);
    expect(said).toMatch(/6:\d+ .*preAllocatedVUs/);
    expect(said).toMatch(/9:\d+ .*tagz[^→]*→ Did you mean `tags`/);
    expect(said).toMatch(/--workers/);
    expect(said).toMatch(/--seed/);
  });

  test('a metric, a selector and a statistic that do not fit', async () => {
    const run = await runScript(`
      import { Trend } from 'brunt';
      new Trend('cart_wait');
      export const options = { thresholds: {
        cart_wiat: ['p(95)<1'],
        cart_wait: ['rate>0.5'],
        http_req_failed: ['p(95)<1', 'rate<abc'],
        'iterations{scenario:nope}': ['count>1'],
      } };
      ${EMPTY}
    `);
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/5:\d+ .*cart_wiat[^→]*→ Did you mean `cart_wait`/);
    expect(run.stderr).toMatch(/6:\d+ .*rate/);
    expect(run.stderr).toMatch(/7:\d+ .*p\(95\)/);
    expect(run.stderr).toMatch(/7:\d+ .*abc/);
    expect(run.stderr).toMatch(/8:\d+ .*nope/);
  });

  test('variables by their names', async () => {
    const run = await runScript(EMPTY, [], { env: { BRUNT_VUS: 'many', BRUNT_DURATION: '5x' } });
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/BRUNT_VUS.*many/);
    expect(run.stderr).toMatch(/BRUNT_DURATION.*5x/);
  });

  test('options that are no object, or hold functions', async () => {
    for (const options of ['42', '[]', "'fast'", '{ vus: () => 3 }']) {
      const run = await runScript(`export const options = ${options};\n${EMPTY}`);
      expect({ options, code: run.code, said: run.code === 104 ? '' : run.output }).toEqual({
        options,
        code: 104,
        said: '',
      });
      expect(run.output).not.toMatch(OURS);
    }
  });

  test('a folder, an empty file, another language', async () => {
    const run = async (name: string): Promise<number | null> => {
      const result = await brunt(['run', name], {
        files: { 'dir/x.txt': '', 'empty.ts': '', 'page.html': '<p>', 'script.py': 'print(1)' },
      });
      expect(result.output).not.toMatch(OURS);
      expect(result.stderr).toMatch(name === 'empty.ts' ? /the script empty.ts exports nothing/ : name);
      return result.code;
    };
    expect(await run('dir')).toBe(107);
    expect(await run('empty.ts')).toBe(107);
    expect(await run('page.html')).toBe(107);
    expect(await run('script.py')).toBe(107);
  });

  test('unknown commands and flags', async () => {
    for (const [args, hint] of [
      [['rn', 'x.ts'], /run/],
      [['script.ts'], /brunt run script\.ts/],
      [['run'], /script/],
      [['run', 'a.ts', 'b.ts'], /one script/],
      [['run', 'a.ts', '--iteratoins', '3'], /--iterations/],
      [['run', 'a.ts', '-u'], /-u.*needs a value/],
    ] as const) {
      const run = await brunt(args);
      expect({ args, code: run.code }).toEqual({ args, code: 104 });
      expect(run.stderr).toMatch(hint);
      expect(run.output).not.toMatch(OURS);
    }
  });
});

describe('modules', () => {
  test('tsconfig paths, extension-less and JSON imports, node: modules, import()', async () => {
    const run = passes(
      await runScript(
        `
        import { greet } from '@lib/greet';
        import { twice } from './helpers/twice';
        import users from './users.json';
        import { createHash } from 'node:crypto';
        export default async function () {
          const { late } = await import('./helpers/late');
          console.log('@' + JSON.stringify([greet('a'), twice(2), users[0].name, createHash('md5').update('').digest('hex').slice(0, 4), late]));
        }
        `,
        [],
        {
          files: {
            'tsconfig.json': '{"compilerOptions":{"paths":{"@lib/*":["./src/lib/*"]}}}',
            'src/lib/greet.ts': "export const greet = (name: string): string => 'hi ' + name;\n",
            'helpers/twice.ts': 'export const twice = (n: number): number => n * 2;\n',
            'helpers/late.ts': "export const late = 'late';\n",
            'users.json': '[{"name":"ada"}]',
          },
        },
      ),
    );
    expect(printed(run)).toEqual([['hi a', 4, 'ada', 'd41d', 'late']]);
  });

  test.each(['script.ts', 'script.mts', 'script.js', 'script.mjs'])('%s', async (name) => {
    const run = passes(
      await runScript(
        "import { check } from 'brunt';\nexport default () => { check(1, { one: (x) => x === 1 }); };\n",
        [],
        { name },
      ),
    );
    expect(run.value('checks', 'passes')).toBe(1);
  });

  test('a stack points into the imported TypeScript', async () => {
    const run = await runScript(
      `import { pay } from './pay';\nexport default async function () { await pay({} as never); }\n`,
      [],
      {
        files: {
          'pay.ts': `interface Cart { readonly items: readonly string[] }\n\n/** Pays. */\nexport async function pay(cart: Cart): Promise<number> {\n  await Promise.resolve();\n  return cart.items.length;\n}\n`,
        },
      },
    );
    expect(run.code).toBe(99);
    expect(run.output).toMatch(/pay\.ts:6:21/);
    expect(run.output).toMatch(/script\.ts:2:\d+/);
    expect(run.output).not.toMatch(OURS);
  });
});
