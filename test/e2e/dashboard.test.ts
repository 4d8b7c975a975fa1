/** `--dashboard` in a real browser, while a real run goes on. */

import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { OURS, runScript, startScript } from '../helpers/cli.ts';
import { freePort } from '../helpers/services.ts';

/** Answers with what the path asks for; `/gate` only once it is opened. */
async function target(): Promise<{ readonly url: string; open(): void }> {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = createHttpServer((request, response) => {
    response.statusCode = request.url === '/broken' ? 503 : 200;
    if (request.url === '/gate') void opened.then(() => response.end('{}'));
    else setTimeout(() => response.end('{}'), 3);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open: () => open() };
}

/** A line to the dashboard that can be cut: nothing passes and nobody is let in until it is mended. */
async function line(port: number): Promise<{ url: string; cut(): void; mend(): void }> {
  const open = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
    if (!whole) near.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    destroyAll();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cut: () => {
      whole = false;
      destroyAll();
    },
    mend: () => {
      whole = true;
    },
  };
}

const EVIL = '<img src=x onerror="window.pwned=1">';

const SHOP = (seconds: number): string => `
  import { check, group, http, sleep } from 'brunt';
  export const options = {
    workers: 2,
    // A busy machine is not what is tested.
    validity: { maxStartLag: '1h' },
    scenarios: {
      browse: { executor: 'constant-vus', vus: 4, duration: '${seconds}s' },
      buy: { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '${seconds}s', preAllocatedVUs: 5, exec: 'buy' },
    },
    thresholds: {
      http_req_duration: ['p(95)<5000'],
      http_req_failed: ['rate<0.01'],
      http_reqs: ['count>1000000'],
      iteration_errors: ['count<100'],
    },
  };
  export async function setup() { await http.get(__ENV.TARGET + '/gate'); }
  export default async function () {
    await group(${JSON.stringify(EVIL)}, async () => {
      const res = await http.get(__ENV.TARGET + '/', { tags: { name: 'home ${EVIL}' } });
      check(res, { 'is fine ${EVIL}': (r) => r.status === 200 });
    });
    if (__ITER === 5) console.warn('low stock </script>${EVIL}');
    await sleep('40ms');
  }
  export async function buy() {
    await http.get(__ENV.TARGET + (__ITER % 5 === 0 ? '/broken' : '/buy'));
    if (__ITER === 2) throw new Error('cart ${EVIL}');
  }
`;

const EVENTUALLY = { timeout: 15_000, interval: 100 } as const;

/** As it is seen: without what is hidden. */
async function text(page: Page, selector: string): Promise<string> {
  const [first = ''] = await page.locator(selector).first().allInnerTexts();
  return first;
}

function barOf(page: Page): Promise<string> {
  return text(page, 'footer.bar p');
}

/** Of an element, in a project that knows no DOM. */
interface WithText {
  readonly firstChild: { readonly textContent: string } | null;
}

/** A number that stands under this heading of the figures. */
async function figure(page: Page, name: string): Promise<number> {
  const found = page.locator('header .figures > div', { has: page.locator(`dt:text-is("${name}")`) });
  // What stands before the note. As innerText, both may come as one word while the list is being replaced.
  const [value = ''] = await found
    .locator('dd')
    .evaluateAll((all) =>
      (all as unknown as readonly WithText[]).map((one) => one.firstChild?.textContent ?? ''),
    );
  return Number(value.replaceAll(/[^\d.]/g, ''));
}

function widths(page: Page): Promise<readonly [number, number]> {
  return page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
}

describe('the live page', () => {
  test('shows a run as it goes on, to every tab', async (context) => {
    const browser = await startChromium(context);
    const [shop, port] = [await target(), await freePort()];
    const url = `http://127.0.0.1:${port}/`;
    const run = startScript(SHOP(600), [`--dashboard=${port}`], { env: { TARGET: shop.url } });
    shop.open();
    await run.seen(/dashboard: http/);
    const { page, problems } = await browser.page();
    await page.goto(url);
    await page.locator('#thresholds').waitFor({ state: 'visible' });

    // It moves.
    const before = await figure(page, 'Requests');
    await expect.poll(() => figure(page, 'Requests'), EVENTUALLY).toBeGreaterThan(before + 20);
    await expect
      .poll(() => barOf(page), EVENTUALLY)
      .toMatch(/^Running \d+s of 10m00s, 9m\d+s left; 1 threshold failing$/);
    expect(await page.title()).toMatch(/^✗ \d+ % script\.ts$/);
    expect(await text(page, '#now')).toMatch(/browse[\s\S]*buy[\s\S]*20\/s/);

    // Thresholds, with what is between them and their limits.
    const thresholds = await page.locator('#thresholds tbody tr').allInnerTexts();
    expect(thresholds[0]).toMatch(/^✗ http_req_failed rate<0.01\s.*\d.* points over$/s);
    expect(thresholds.find((row) => row.includes('http_req_duration'))).toMatch(/^✓ .*% to spare$/s);
    expect(thresholds.find((row) => row.includes('http_reqs'))).toMatch(/^○ .*not reached yet$/s);

    // A tab that comes late has all of it, from the first second on; so has a telephone in the dark.
    const late = await browser.page();
    await late.page.goto(url);
    await late.page.locator('#time .u-over').first().waitFor({ state: 'visible' });
    await late.page.locator('#time details.numbers summary').first().click();
    await expect.poll(() => text(late.page, '#time .numbers tbody th'), EVENTUALLY).toBe('0:00.5');
    const phone = await browser.page({ width: 360, height: 740, scheme: 'dark' });
    await phone.page.goto(url);
    await phone.page.locator('#thresholds').waitFor({ state: 'visible' });
    expect(await phone.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
      'rgb(20, 23, 28)',
    );
    const [width, room] = await widths(phone.page);
    expect(width).toBeLessThanOrEqual(room);

    // The keyboard stops the view, and lets it go on.
    await page.keyboard.press('p');
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Running View paused at 0:\d\d/);
    const frozen = await figure(page, 'Requests');
    const seen = await figure(late.page, 'Requests');
    await expect.poll(() => figure(late.page, 'Requests'), EVENTUALLY).toBeGreaterThan(seen);
    expect(await figure(page, 'Requests')).toBe(frozen);
    await page.locator('footer .pause').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => figure(page, 'Requests'), EVENTUALLY).toBeGreaterThan(frozen);

    run.kill('SIGINT');
    await run.done;
    for (const tab of [page, late.page, phone.page])
      await expect.poll(() => barOf(tab), EVENTUALLY).toMatch(/^Run over: failed\s+exit code 99/);
    expect([...problems, ...late.problems, ...phone.problems]).toEqual([]);
  });

  test('keeps what the run came to, which does not wait for its tabs', async (context) => {
    const browser = await startChromium(context);
    const [shop, port] = [await target(), await freePort()];
    const url = `http://127.0.0.1:${port}/`;
    const run = startScript(SHOP(3), [`--dashboard=${port}`], { env: { TARGET: shop.url } });
    await run.seen(/dashboard: http/);
    const { page, requests, problems } = await browser.page();
    const phone = await browser.page({ width: 360, height: 740 });
    for (const tab of [page, phone.page]) {
      await tab.goto(url);
      await expect.poll(() => barOf(tab), EVENTUALLY).toMatch(/^Running setup$/);
    }
    // More tabs than a browser opens connections to a host.
    const more = await Promise.all(Array.from({ length: 6 }, () => browser.page()));
    for (const { page: tab } of more) {
      await tab.goto(url);
      await expect.poll(() => barOf(tab), EVENTUALLY).toMatch(/^Running setup$/);
    }
    shop.open();
    const ended = await run.done;
    expect(ended.code).toBe(99);
    expect(ended.orphans).toBe(false);
    for (const tab of [page, phone.page]) {
      await expect.poll(() => barOf(tab), EVENTUALLY).toMatch(/^Run over: failed\s+exit code 99/);
      expect(await text(tab, '#verdict')).toMatch(/^failed\s+2 of 4 thresholds failed\./i);
      expect(await figure(tab, 'Requests')).toBe(ended.value('http_reqs', 'count'));
      const [width, room] = await widths(tab);
      expect(width).toBeLessThanOrEqual(room);
    }
    for (const { page: tab } of more)
      await expect.poll(() => tab.title(), EVENTUALLY).toBe('failed: script.ts');
    expect(await page.locator('footer .pause').isVisible()).toBe(false);

    // Names, messages and log are text.
    expect(await text(page, '#log')).toContain(`low stock </script>${EVIL}`);
    expect(await text(page, '#errors')).toContain(`cart ${EVIL}`);
    for (const section of ['#requests', '#checks', '#groups'])
      expect(await text(page, section)).toContain(EVIL);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect([...problems, ...phone.problems]).toEqual([]);
    for (const request of requests) expect(request.startsWith(url)).toBe(true);
  });

  test('says when it hears nothing, comes back, and tells of Ctrl-C', async (context) => {
    const browser = await startChromium(context);
    const port = await freePort();
    const run = startScript(
      `
      import { sleep } from 'brunt';
      export const options = { vus: 2, duration: '1h', thresholds: { iterations: ['count>10'] } };
      export default async function () { await sleep('20ms'); }
    `,
      [`--dashboard=${port}`],
    );
    await run.seen(/dashboard: http/);
    const wire = await line(port);
    const { page } = await browser.page();
    await page.goto(wire.url);
    await page.locator('#thresholds').waitFor({ state: 'visible' });
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Running/);
    wire.cut();
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Connection lost .*trying again/);
    expect(await page.title()).toBe('lost: script.ts');
    const kept = await figure(page, 'Iterations');
    expect(kept).toBeGreaterThan(0);
    wire.mend();
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Running/);
    await expect.poll(() => figure(page, 'Iterations'), EVENTUALLY).toBeGreaterThan(kept);

    run.kill('SIGINT');
    const ended = await run.done;
    expect(ended.code).toBe(105);
    expect(ended.output).not.toMatch(OURS);
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Run over: interrupted\s+exit code 105/);
    expect(await text(page, '#verdict')).toMatch(/^interrupted/i);
  });

  test('does not hold up a second Ctrl-C', async (context) => {
    const browser = await startChromium(context);
    const port = await freePort();
    const run = startScript(
      `
      import { sleep } from 'brunt';
      export const options = { vus: 1, duration: '1h' };
      export default async function () { console.log('begun'); await sleep('1h'); }
    `,
      [`--dashboard=${port}`],
    );
    await run.seen(/begun/);
    const { page } = await browser.page();
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Running/);
    run.kill('SIGINT');
    await run.seen(/again: exit now/);
    run.kill('SIGINT');
    const ended = await run.done;
    expect(ended.code).toBe(105);
    expect(ended.orphans).toBe(false);
    await expect.poll(() => barOf(page), EVENTUALLY).toMatch(/^Run over/);
  });
});

describe('the address', () => {
  test('is any free one for port 0, and told also when all else is quiet', async () => {
    const run = await runScript('export default function () {}', ['--dashboard=0', '-q']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/$/m);
  });

  test('that is taken refuses the run before it starts', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const run = await runScript('console.log("loaded"); export default function () {}', [
      `--dashboard=${port}`,
    ]);
    expect(run.code).toBe(104);
    expect(run.stderr).toContain(`port ${port} is taken`);
    expect(run.stderr).toContain('--dashboard=0');
    expect(run.output).not.toMatch(/loaded|node:| {4}at /);
    expect(run.hasSummary).toBe(false);
  });
});
