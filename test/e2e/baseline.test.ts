/** `--baseline`, and thresholds that refer to it, with the built command and a real server. */

import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { brunt, folder, runScript } from '../helpers/cli.ts';

const script = (thresholds: string): string => `
import { http } from 'brunt';
export const options = { vus: 2, iterations: 40, workers: 2, thresholds: ${thresholds} };
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

const RELATIVE = "{ http_req_duration: ['p(95)<=baseline*2'], http_req_failed: ['rate<=baseline+1%'] }";

test('a run is compared with an earlier one, and thresholds take their limits from it', async () => {
  const target = await server();
  const cwd = folder();
  const url = ['-e', `URL=${target.url}`];
  target.delayMs = 10;
  const first = await runScript(script(RELATIVE), [...url, '--no-thresholds', '--save', 'main.brunt'], {
    cwd,
  });
  expect(first.code, first.output).toBe(0);
  const p95 = first.metric('http_req_duration').values['p(95)'] as number;

  target.delayMs = 100;
  const flags = ['--baseline', 'main.brunt', '--save', 'new.brunt', '--junit', 'j.xml', '--markdown', 'm.md'];
  const worse = await runScript(script(RELATIVE), [...url, ...flags], { cwd });
  expect(worse.code, worse.output).toBe(99);
  const [threshold] = worse.metric('http_req_duration').thresholds ?? [];
  expect(threshold).toMatchObject({ ok: false, baseline: { value: p95, runs: 1 } });
  expect(threshold?.limit).toBeCloseTo(p95 * 2, 9);
  expect(worse.metric('http_req_failed').thresholds).toMatchObject([{ ok: true, limit: 0.01 }]);
  expect(worse.summary.comparison).toMatchObject({
    schema: 'brunt/comparison@1',
    verdict: 'inconclusive',
    baseline: ['main.brunt'],
    candidate: ['this run'],
    metrics: [{ metric: 'http_req_duration', stat: 'p(95)', design: 'within-run' }, {}],
  });
  expect(worse.stdout).toMatch(/BASELINE {2}against main.brunt/);
  expect(worse.stdout).toMatch(/limit [\d.]+ ms: baseline [\d.]+ ms/);
  expect(worse.read('j.xml')).toContain('<testsuite name="baseline" tests="2" failures="0"');
  expect(worse.read('m.md')).toContain('### Baseline');

  // The same numbers from the saved files as from the run itself.
  const compared = await brunt(['compare', 'main.brunt', '--with', 'new.brunt', '--json', 'c.json'], { cwd });
  expect(compared.code, compared.output).toBe(0);
  const { metrics } = JSON.parse(compared.read('c.json'));
  expect(metrics[0]).toEqual(worse.summary.comparison?.metrics[0]);
});

test('a history gives a verdict, and a regression fails the run', async () => {
  const target = await server();
  const cwd = folder();
  const url = ['-e', `URL=${target.url}`];
  const plain = script('{}');
  const first = await runScript(plain, [...url, '--save', 'history/00.brunt'], { cwd });
  expect(first.code, first.output).toBe(0);
  for (let i = 1; i < 19; i++)
    copyFileSync(join(cwd, 'history', '00.brunt'), join(cwd, 'history', `${10 + i}.brunt`));
  const other = await runScript(
    plain,
    [...url, '--vus', '1', '--iterations', '2', '--save', 'history/x.brunt'],
    {
      cwd,
    },
  );
  expect(other.code, other.output).toBe(0);

  target.delayMs = 100;
  const worse = await runScript(plain, [...url, '--baseline', 'history', '--junit', 'j.xml'], { cwd });
  expect(worse.code, worse.output).toBe(99);
  const { comparison, run } = worse.summary;
  expect(comparison?.baseline).toHaveLength(19);
  expect(comparison?.metrics[0]).toMatchObject({ design: 'history', verdict: 'regression' });
  expect(comparison?.warnings).toEqual([expect.stringMatching(/^1 result of the folder is left out/)]);
  expect(run.reasons).toEqual([expect.stringMatching(/^http_req_duration p\(95\) is a regression: /)]);
  expect(worse.stdout).toContain('REGRESSION');
  expect(worse.read('j.xml')).toContain('<testsuite name="baseline" tests="2" failures="1"');
  const unjudged = await runScript(plain, [...url, '--baseline', 'history', '--no-thresholds'], { cwd });
  expect(unjudged.code, unjudged.output).toBe(0);
  expect(unjudged.summary.comparison?.verdict).toBe('regression');
});

test('what cannot be compared is refused before the load starts', async () => {
  const target = await server();
  const cwd = folder();
  const url = ['-e', `URL=${target.url}`];
  const missing = await runScript(script(RELATIVE), url, { cwd });
  expect(missing.code).toBe(104);
  expect(missing.stderr.match(/refers to a baseline, but this run has none/g)).toHaveLength(2);
  expect(missing.stderr).toMatch(/3:\d+ /);
  const nowhere = await runScript(script('{}'), [...url, '--baseline', 'none.brunt'], { cwd });
  expect(nowhere.code).toBe(104);
  expect(nowhere.stderr).toContain('there is no such file');
  mkdirSync(join(cwd, 'empty'));
  const empty = await runScript(script('{}'), [...url, '--baseline', 'empty'], { cwd });
  expect(empty.code).toBe(104);
  expect(empty.stderr).toContain('holds no saved result');

  const saved = await runScript(script('{}'), [...url, '--save', 'main.brunt'], { cwd });
  expect(saved.code, saved.output).toBe(0);
  const unlike = await runScript(script('{}'), [...url, '--baseline', 'main.brunt', '--vus', '1'], { cwd });
  expect(unlike.code).toBe(104);
  expect(unlike.stderr).toContain('cannot be compared with its baseline main.brunt');
  const lacking = await runScript(
    script("{ ws_msg_rtt: ['p(95)<baseline'], http_req_duration: ['p(99.9)<baseline'] }"),
    [...url, '--baseline', 'main.brunt'],
    { cwd },
  );
  expect(lacking.code).toBe(104);
  expect(lacking.stderr).toContain('main.brunt has no ws_msg_rtt, only');
  expect(lacking.stderr).toContain('p(99.9) needs at least 1000 samples');
  expect(lacking.stdout).toBe('');
});
