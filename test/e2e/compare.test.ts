/** `--save` and `brunt compare`, with the built command and a real server. */

import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Comparison } from '../../runner/compare/model.ts';
import { comparisonHtml } from '../../runner/page/comparison.ts';
import { loadResult } from '../../runner/results/result.ts';
import { startChromium } from '../helpers/chromium.ts';
import { brunt, folder, runScript } from '../helpers/cli.ts';

const SCRIPT = `
import { http } from 'brunt';
export const options = { vus: 2, iterations: 40, workers: 2, thresholds: { http_req_failed: ['rate<0.5'] } };
export default async function () {
  await http.get(__ENV.URL);
}
`;

/** Answers after the time that is set. */
async function server(): Promise<{ url: string; delayMs: number }> {
  const state = { url: '', delayMs: 5 };
  const http = createServer((_request, response) => {
    setTimeout(() => response.end('ok'), state.delayMs);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  state.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  return state;
}

test('runs are saved, and slower ones are found to be slower', async () => {
  const target = await server();
  const cwd = folder();
  for (const [side, delayMs] of [
    ['main', 5],
    ['branch', 100],
  ] as const) {
    target.delayMs = delayMs;
    for (const i of [1, 2, 3]) {
      const run = await runScript(SCRIPT, ['-e', `URL=${target.url}`, '--save', `${side}/${i}.brunt`], {
        cwd,
      });
      expect(run.code, run.output).toBe(0);
      const saved = await loadResult(join(cwd, side, `${i}.brunt`));
      expect(saved.summary).toEqual(run.summary);
      const state = saved.aggregate.track({ metric: 'http_req_duration', tags: [] });
      const { values } = run.metric('http_req_duration');
      for (const stat of ['count', 'avg', 'min', 'max', 'p(95)']) expect(state.stat(stat)).toBe(values[stat]);
      expect(existsSync(join(cwd, side, `${i}.brunt.partial`))).toBe(false);
    }
  }
  const worse = await brunt(
    ['compare', 'main', '--with', 'branch', '--json', 'c.json', '--markdown', 'c.md'],
    { cwd },
  );
  expect(worse.code, worse.output).toBe(99);
  expect(worse.stdout).toContain('REGRESSION');
  const comparison = JSON.parse(worse.read('c.json')) as Comparison;
  expect(comparison).toMatchObject({ schema: 'brunt/comparison@1', verdict: 'regression' });
  expect(comparison.metrics[0]).toMatchObject({ metric: 'http_req_duration', stat: 'p(95)' });
  expect(worse.read('c.md')).toContain('### Load test: ❌ regression');
  const page = await brunt(['compare', 'main', '--with', 'branch', '--html', 'pages/c.html'], { cwd });
  expect(page.code, page.output).toBe(99);
  expect(page.read('pages/c.html')).toContain('<title>Load tests compared: regression</title>');
  const better = await brunt(['compare', 'branch', '--with', 'main'], { cwd });
  expect(better.code, better.output).toBe(0);
  const single = ['compare', 'main/1.brunt', '--with', 'branch/1.brunt'];
  expect((await brunt(single, { cwd })).code).toBe(0);
  expect((await brunt([...single, '--strict'], { cwd })).code).toBe(99);
  expect(
    (await brunt([...single, '--max-ratio', '2', '--metric', 'http_req_duration:med'], { cwd })).code,
  ).toBe(99);
});

test('what two machines measured at the same time becomes one result, read by all that reads results', async () => {
  const target = await server();
  const cwd = folder();
  const flags = (file: string) => [
    '-e',
    `URL=${target.url}`,
    '--save',
    file,
    '--summary-export',
    `${file}.json`,
  ];
  const source = `
    import { http } from 'brunt';
    export const options = {
      scenarios: { buy: { executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 5 } },
      workers: 2,
      // A busy machine is not what is tested.
      validity: { maxStartLag: '1h' },
      thresholds: { http_reqs: ['count==200'], 'http_req_duration{scenario:buy}': ['p(95)<10000'] },
    };
    export default async function () {
      await http.get(__ENV.URL);
    }`;
  const parts = await Promise.all(
    ['a', 'b'].map((name) => runScript(source, flags(`${name}.brunt`), { cwd, name: 's.ts' })),
  );
  // Neither alone made the 200 requests.
  expect(parts.map(({ code }) => code)).toEqual([99, 99]);
  const merged = await brunt(['merge', 'a.brunt', 'b.brunt', '-O', 'all.brunt'], { cwd });
  expect(merged.code, merged.output).toBe(0);
  expect(merged.stdout).toMatch(/✓ http_reqs +count==200 +200/);
  const { aggregate, summary } = await loadResult(join(cwd, 'all.brunt'));
  expect(summary).toMatchObject({ run: { verdict: 'passed', workers: 4 }, merged: ['a.brunt', 'b.brunt'] });
  expect(summary?.scenarios.buy?.iterations).toBe(200);
  expect(aggregate.track({ metric: 'http_req_duration', tags: [] }).samples).toBe(200);
  const report = await brunt(['report', 'all.brunt'], { cwd });
  expect(report.code, report.output).toBe(0);
  const compared = await brunt(['compare', 'all.brunt', '--with', 'all.brunt'], { cwd });
  expect(compared.code, compared.output).toBe(0);
  const alone = await brunt(['compare', 'all.brunt', '--with', 'a.brunt'], { cwd });
  expect(alone.code).toBe(104);
  expect(alone.stderr).toContain('different numbers of machines');
  const itself = await brunt(['merge', 'a.brunt', 'a.brunt', '-O', 'a.brunt'], { cwd });
  expect(itself.code).toBe(104);
  for (const text of ['named twice', 'one of the results to merge']) expect(itself.stderr).toContain(text);
});

test('a place that cannot be written is told before the run; a script that fails leaves nothing', async () => {
  const nowhere = await runScript(SCRIPT, ['--save', 'script.ts/r.brunt']);
  expect(nowhere.code).toBe(104);
  expect(nowhere.stderr).toContain('--save');
  const broken = await runScript(`throw new Error('no')`, ['--save', 'r.brunt']);
  expect(broken.code).toBe(107);
  expect(existsSync(join(broken.cwd, 'r.brunt'))).toBe(false);
  expect(existsSync(join(broken.cwd, 'r.brunt.partial'))).toBe(false);
});

test('what is no saved result, and wrong flags, are refused with 104', async () => {
  const files = { 'a.json': '{}' };
  const refused = await brunt(['compare', 'a.json', '--with', 'a.json'], { files });
  expect(refused.code).toBe(104);
  expect(refused.stderr).toContain('a.json cannot be read as a saved result');
  const wrong = await brunt(['compare', '--margin', 'wide', '--metric', 'http_req_duration:p95'], { files });
  expect(wrong.code).toBe(104);
  for (const text of ['needs a baseline', '--with', '--margin', 'p(95)'])
    expect(wrong.stderr).toContain(text);
});

const HOSTILE = '</script><img src=x onerror="document.title=1"> \u202e<!--';

const COMPARISON: Comparison = {
  schema: 'brunt/comparison@1',
  verdict: 'regression',
  margin: 0.05,
  maxRatio: 1.2,
  overMaxRatio: [`${HOSTILE} p(95)`],
  baseline: [`${HOSTILE}.brunt`, 'b.brunt'],
  candidate: ['c.brunt'],
  metrics: [
    { effect: 0.3, lower: 0.2, upper: 0.4, verdict: 'regression' as const },
    { effect: 9, lower: -0.9, upper: null, verdict: 'inconclusive' as const, note: HOSTILE },
    { effect: null, lower: null, upper: null, verdict: 'inconclusive' as const },
  ].map((row, i) => ({
    metric: `${HOSTILE}${i}`,
    stat: 'p(95)',
    type: 'trend',
    unit: 'ms',
    higherIsBetter: false,
    baseline: [100, 110],
    candidate: [130],
    baselineValue: 105,
    candidateValue: 130,
    design: 'runs',
    p: 0.01,
    ...row,
  })),
  skipped: [{ metric: HOSTILE, reason: HOSTILE }],
  warnings: [HOSTILE],
};

test.for([
  [1200, 'light'],
  [360, 'dark'],
] as const)(
  'the page of a comparison, %d wide and %s: drawn, complete, and all text is text',
  async ([width, scheme], context) => {
    const browser = await startChromium(context);
    const file = join(folder(), 'c.html');
    writeFileSync(file, comparisonHtml(COMPARISON));
    const { page, problems, requests } = await browser.page({ width, scheme });
    await page.goto(pathToFileURL(file).href);
    await page.locator('#about').waitFor();
    expect(problems).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
    expect(await page.title()).toBe('Load tests compared: failed');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('tbody tr').count()).toBe(3);
    expect(await page.locator('svg.interval .margin').count()).toBe(3);
    expect(await page.locator('svg.interval circle').count()).toBe(1);
    // 900 % worse, any upper bound, and 90 % better lie beyond the axis; so does what came of nothing.
    expect(await page.locator('svg.interval .arrow').count()).toBe(3);
    expect(await page.locator('svg.runs .baseline').count()).toBe(6);
    expect(await page.locator('#verdict').textContent()).toContain('above 1.2 times its baseline');
    for (const text of ['was not compared', 'img src=x onerror'])
      expect(await page.locator('#comparison').textContent()).toContain(text);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 28)');
  },
);
