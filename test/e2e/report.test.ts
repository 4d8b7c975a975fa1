/** `--report` and `brunt report`: the page that they write, in a real browser. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator } from 'playwright-core';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { reportHtml } from '../../runner/page/report.ts';
import type { Summary } from '../../runner/summary/model.ts';
import { type Browser, type PageOptions, startChromium, type WatchedPage } from '../helpers/chromium.ts';
import { brunt, folder, runScript } from '../helpers/cli.ts';
import { madeUpRun, TWENTY_NAMES } from '../helpers/made-up-run.ts';

const SCRIPT = `
import { check, group, http } from 'brunt';
export const options = {
  // A busy machine is not what is tested.
  validity: { maxStartLag: '1h' },
  scenarios: {
    browse: { executor: 'constant-vus', vus: 2, duration: '2s', exec: 'browse' },
    pay: { executor: 'constant-arrival-rate', rate: 20, duration: '2s', preAllocatedVUs: 4, exec: 'pay' },
  },
  thresholds: { http_req_duration: ['p(95)<1', 'p(99)<60000'], checks: ['rate>0.5'] },
};
export async function browse() {
  const res = await http.get(__ENV.URL + '/products');
  check(res, { 'status is 200': (r) => r.status === 200 });
}
export async function pay() {
  await group('pay', async () => {
    const res = await http.post(__ENV.URL + '/cart', '{}');
    check(res, { 'is accepted': (r) => r.status === 201 });
  });
}
`;

async function server(): Promise<string> {
  const http = createServer((request, response) => {
    response.statusCode = request.method === 'POST' && Math.random() < 0.3 ? 503 : 200;
    setTimeout(() => response.end('ok'), 5);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function open(browser: Browser, file: string, options: PageOptions = {}): Promise<WatchedPage> {
  const watched = await browser.page(options);
  await watched.page.goto(pathToFileURL(file).href);
  await watched.page.locator('#about').waitFor();
  return watched;
}

function htmlFile(html: string): string {
  const file = join(folder(), 'report.html');
  writeFileSync(file, html);
  return file;
}

/** The text as it is drawn. */
function read(element: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not to count
  return element.innerText();
}

/** What is evaluated in the page is text: this side knows no DOM. */
const DRAWN = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value !== 0).length;
})`;
const OVERFLOW = 'document.documentElement.scrollWidth - innerWidth';
const BACKGROUND = 'getComputedStyle(document.body).backgroundColor';
const FOCUSED = `((element) => [element.tagName, element.className, element.getAttribute('href'), element.getAttribute('aria-label')].join(' '))(document.activeElement)`;

test('a run writes a page that says what failed, draws its course, and asks the network for nothing', async (context: TestContext) => {
  const browser = await startChromium(context);
  const run = await runScript(SCRIPT, [
    '-e',
    `URL=${await server()}`,
    '--report',
    'out/report.html',
    '--save',
    'r.brunt',
  ]);
  expect(run.code, run.output).toBe(99);
  const { page, requests, problems } = await open(browser, join(run.cwd, 'out/report.html'));

  const verdict = page.locator('#verdict');
  expect(await read(verdict)).toMatch(
    /^FAILED\s+1 of 3 thresholds failed\.\s+http_req_duration p\(95\)<1: .* the limit of 1 ms/i,
  );
  const rows = page.locator('#thresholds tbody tr');
  expect(await rows.count()).toBe(3);
  expect(await read(rows.first())).toContain('p(95)<1');
  const requestTable = await read(page.locator('#requests table'));
  const { count } = run.metric('http_reqs').values;
  expect(requestTable.replaceAll(' ', '')).toContain(String(count));
  expect(requestTable).toContain('GET /products');
  expect(await read(page.locator('#scenarios'))).toContain('constant-arrival-rate');
  expect(await read(page.locator('#checks'))).toContain('status is 200');
  expect(await read(page.locator('#groups'))).toContain('pay');
  expect(await read(page.locator('#about'))).toContain('exit code 99');

  const pixels = await page.evaluate<number[]>(DRAWN);
  expect(pixels.length).toBeGreaterThanOrEqual(8);
  expect(
    pixels.every((drawn) => drawn > 200),
    String(pixels),
  ).toBe(true);
  expect(problems).toEqual([]);
  expect(requests).toEqual([pathToFileURL(join(run.cwd, 'out/report.html')).href]);

  // The same from the saved result.
  const again = await brunt(['report', 'r.brunt'], { cwd: run.cwd });
  expect(again.code, again.output).toBe(0);
  expect(again.stdout).toMatch(/^r\.html {2}\d+ kB {2}script\.ts: failed, 1 of 3 thresholds\n$/);
  const dataOf = (html: string): unknown => JSON.parse(/id="data">(.*)<\/script>/.exec(html)?.[1] ?? '');
  expect(dataOf(again.read('r.html'))).toEqual(dataOf(run.read('out/report.html')));
  const printed = await brunt(['report', 'r.brunt', '-O', '-'], { cwd: run.cwd });
  expect(printed.stdout).toBe(again.read('r.html'));
});

test('all of it can be reached and read with the keyboard', async (context) => {
  const browser = await startChromium(context);
  const { summary, course } = madeUpRun({
    seconds: 20,
    perSecond: 4,
    names: TWENTY_NAMES.slice(0, 4),
    checks: ['ok'],
  });
  const { page } = await open(browser, htmlFile(reportHtml(summary, course)));
  const seen: string[] = [];
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab');
    seen.push(await page.evaluate<string>(FOCUSED));
    if (seen.at(-1)?.startsWith('DIV plot') === true) break;
  }
  expect(seen[0]).toContain('#main');
  for (const part of ['#time', '#requests', 'BUTTON theme', 'SELECT'])
    expect(
      seen.some((text) => text.includes(part)),
      part,
    ).toBe(true);
  expect(seen.at(-1)).toMatch(/Requests per second\. requests: from [\d.]+\/s to [\d.]+\/s/);
  // Arrow keys read the values of a point.
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  const told = page.locator('#time figure').first().locator('[aria-live]');
  expect(await read(told)).toMatch(/^0:19\.5: requests [\d.]+\/s/);
  // The numbers as a table.
  await page.locator('#time details summary').first().press('Enter');
  await page.locator('#time details table tbody tr').first().waitFor();
  expect(await page.locator('#time details table tbody tr').count()).toBe(20);
  // A curve can be switched off.
  const legend = page.locator('#time .legend button').first();
  await legend.press('Enter');
  expect(await legend.getAttribute('aria-pressed')).toBe('false');
  // A table can be sorted: highest first, lowest first, as it was; the row of all stays on top.
  const times = async (): Promise<number[]> => {
    const cells = await page.locator('#requests tbody tr:not(.all) td:nth-child(5)').allInnerTexts();
    return cells.map((text) => Number.parseFloat(text) * (/\ds|\d s/.test(text) ? 1000 : 1));
  };
  const before = await times();
  const sort = page.locator('#requests thead button', { hasText: 'p95' });
  await sort.press('Enter');
  expect(await page.locator('#requests th[aria-sort=descending]').count()).toBe(1);
  expect(await times()).toEqual(before.toSorted((a, b) => b - a));
  expect(await page.locator('#requests tbody tr').first().getAttribute('class')).toBe('all');
  await sort.press('Enter');
  expect(await times()).toEqual(before.toSorted((a, b) => a - b));
  await sort.press('Enter');
  expect(await times()).toEqual(before);
  // Every section can be linked to.
  await page.goto(`${page.url()}#errors`);
  for (const id of await page
    .locator('nav .links a:visible')
    .evaluateAll((links) => links.map((a) => a.getAttribute('href') ?? '')))
    expect(await page.locator(id).count(), id).toBe(1);
});

test('a choice of traffic draws and tells only that', async (context) => {
  const browser = await startChromium(context);
  const { summary, course } = madeUpRun({
    seconds: 20,
    perSecond: 10,
    names: TWENTY_NAMES.slice(0, 4),
    scenarios: ['a', 'b'],
  });
  const { page } = await open(browser, htmlFile(reportHtml(summary, course)));
  const plot = page.locator('#time .plot').first();
  const all = await plot.getAttribute('aria-label');
  await page.locator('#time select').selectOption({ label: 'a' });
  expect(await plot.getAttribute('aria-label')).not.toBe(all);
  await page.locator('#time select').selectOption({ label: 'All requests' });
  expect(await plot.getAttribute('aria-label')).toBe(all);
});

test('fits a phone, and the dark', async (context) => {
  const browser = await startChromium(context);
  const long = 'x'.repeat(200);
  const { summary, course } = madeUpRun({
    seconds: 30,
    perSecond: 4,
    names: [...TWENTY_NAMES, `http://shop.example/${long}`],
    checks: [long],
    errors: [long],
    groups: [`::${long}`],
    scenarios: [long],
    script: `${long}.ts`,
    thresholds: ['http_req_duration|p(95)<400', 'http_req_failed|rate<0.0001'],
  });
  const file = htmlFile(reportHtml(summary, course));
  const phone = await open(browser, file, { width: 360, height: 740, scheme: 'dark' });
  expect(await phone.page.evaluate<number>(OVERFLOW)).toBeLessThanOrEqual(0);
  expect(await phone.page.evaluate<string>(BACKGROUND)).toBe('rgb(20, 23, 28)');
  const charts = await phone.page.locator('.plot').evaluateAll((all) => all.map((one) => one.clientWidth));
  expect(
    charts.every((width) => width > 250 && width <= 360),
    String(charts),
  ).toBe(true);
  // The switch: as the system, light, dark.
  await phone.page.locator('button.theme').click();
  expect(await phone.page.evaluate<string>(BACKGROUND)).toBe('rgb(255, 255, 255)');
  await phone.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await phone.page.evaluate<string>(BACKGROUND)).toBe('rgb(255, 255, 255)');
});

test('hostile text is text', async (context) => {
  const browser = await startChromium(context);
  const attack = (n: number): string =>
    `</script><script>window.hit=${n}</script><img src="http://127.0.0.1:9/${n}" onerror="window.hit=${n}">"'><svg onload=window.hit=${n}>\u202e\u2028<!--`;
  const { summary, course } = madeUpRun({
    seconds: 30,
    perSecond: 6,
    names: [1, 2, 3, 4].map(attack),
    scenarios: [attack(5), `__proto__`],
    groups: [`::${attack(6)}`],
    checks: [attack(7)],
    errors: [attack(8)],
    script: attack(9),
  });
  const body = { size: 10, encoding: 'text', content: attack(10), truncated: false } as const;
  const one = {
    method: attack(11),
    url: `javascript:window.hit=12`,
    name: attack(12),
    status: 500,
    proto: attack(13),
    error: attack(14),
    errorCode: 1500,
    atMs: 1200,
    timings: {
      blocked: 0,
      looking_up: 0,
      connecting: 0,
      tls_handshaking: 0,
      sending: 1,
      waiting: 50,
      receiving: 2,
      duration: 53,
    },
    scenario: attack(15),
    group: attack(16),
    vu: 1,
    iteration: 0,
    tags: { [attack(17)]: attack(18) },
    remote: attack(19),
    request: { headers: [[attack(20), attack(21)]], body },
    response: { headers: [[attack(22), attack(23)]], body },
  } as const;
  const hostile: Summary = {
    ...summary,
    run: {
      ...summary.run,
      reasons: [attack(24)],
      verdict: 'aborted',
      startedAt: attack(25),
      version: attack(26),
    },
    options: { scenarios: { [attack(27)]: attack(28) }, tags: { [attack(29)]: attack(30) } },
    errors: [
      ...summary.errors,
      { label: attack(31), code: 0, message: attack(32), stack: attack(33), count: 3 },
    ],
    metrics: {
      ...summary.metrics,
      [`iterations{scenario:${attack(34)}}`]: {
        type: 'counter',
        unit: 'count',
        values: { count: 3, rate: 1 },
      },
    },
    generator: { ...summary.generator, notes: [attack(35)] },
    traces: { slowest: [one], failed: [one] },
  };
  const { page, requests, problems } = await open(browser, htmlFile(reportHtml(hostile, course)));
  for (const details of await page.locator('details').all())
    await details.evaluate((element) => element.setAttribute('open', ''));
  await page.locator('.trace pre').first().waitFor();
  await page.locator('#time select').selectOption({ index: 2 });
  const text = await read(page.locator('body'));
  for (const n of [1, 6, 7, 8, 9, 10, 12, 14, 20, 23, 24, 28, 32, 34, 35])
    expect(text, String(n)).toContain(`window.hit=${n}`);
  expect(text).not.toContain('\u202e');
  expect(await page.evaluate<boolean>(`'hit' in window`)).toBe(false);
  expect(await page.locator('img, iframe, object, embed, a[href^="javascript"]').count()).toBe(0);
  expect(requests).toHaveLength(1);
  expect(problems).toEqual([]);
});

test('a file that cannot be read or written is told', async () => {
  const cwd = folder({ 'no.brunt': 'nothing of this kind' });
  const missing = await brunt(['report', 'missing.brunt'], { cwd });
  expect(missing.code).toBe(104);
  expect(missing.stderr).toContain('there is no such file');
  expect((await brunt(['report', 'no.brunt'], { cwd })).code).toBe(104);
  expect((await brunt(['report'], { cwd })).stderr).toContain('needs a saved result');
  expect((await brunt(['report', 'a', 'b'], { cwd })).stderr).toContain('takes one result');
  const refused = await runScript(SCRIPT, ['--report', 'script.ts/r.html'], { cwd });
  expect(refused.code).toBe(104);
  expect(refused.stderr).toContain('--report');
});

test('what a run that was killed has left is reported as partial', async (context) => {
  const run = await runScript(SCRIPT, ['-e', `URL=${await server()}`, '--save', 'r.brunt']);
  const bytes = readFileSync(join(run.cwd, 'r.brunt'));
  // Without its end, and in the middle of a member.
  writeFileSync(join(run.cwd, 'cut.brunt.partial'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  const { code, stderr, stdout, output } = await brunt(['report', 'cut.brunt.partial'], { cwd: run.cwd });
  expect(code, output).toBe(0);
  expect(stderr).toMatch(
    /^partial {2}cut\.brunt\.partial: its run never came to its end; it covers the first [\d.]+ s/,
  );
  expect(stdout).toContain('cut.html');
  expect(existsSync(join(run.cwd, 'cut.html'))).toBe(true);
  const browser = await startChromium(context);
  const { page, problems } = await open(browser, join(run.cwd, 'cut.html'));
  expect(await read(page.locator('#verdict'))).toMatch(
    /^PARTIAL\s+This run never came to its end: what follows covers its first/i,
  );
  expect(problems).toEqual([]);
});
