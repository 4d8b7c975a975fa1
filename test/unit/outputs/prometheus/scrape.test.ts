import { expect, onTestFinished, test } from 'vitest';
import { createScrape } from '../../../../runner/outputs/prometheus/scrape.ts';
import { parseOutput } from '../../../../runner/outputs/spec.ts';
import { madeRun, Recorded } from './recorded.ts';

interface Page {
  readonly url: string;
  readonly told: readonly string[];
  scrape(headers?: Readonly<Record<string, string>>): Promise<Response>;
  send(measure: Parameters<Recorded['second']>[0]): Promise<void>;
  /** Starts to close; `closed` tells whether it is done. */
  close(): Promise<void>;
}

async function opened(target: string): Promise<Page> {
  const told: string[] = [];
  const context = { cwd: '/', env: {}, warn: (text: string) => void told.push(text) };
  const output = createScrape(parseOutput(`prometheus=${target}`), context);
  await output.open(madeRun());
  onTestFinished(() => output.destroy?.());
  const url = /http:\S+/.exec(told[0] ?? '')?.[0] as string;
  const run = new Recorded();
  return {
    url,
    told,
    scrape: (headers = {}) => fetch(url, { headers }),
    send: async (measure) => output.send?.(run.second(measure).batch, new AbortController().signal),
    close: () => output.close(),
  };
}

test('a free port is told, and serves what was measured so far', async () => {
  const page = await opened('0');
  expect(page.told).toEqual([
    expect.stringMatching(/^-o prometheus=0: .* http:\/\/127\.0\.0\.1:\d+\/metrics$/),
  ]);
  await page.send((add) => add('http_reqs', 3));
  const response = await page.scrape();
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toContain('brunt_http_reqs_total{run="abc123"} 3\n');
  const openMetrics = await page.scrape({ accept: 'application/openmetrics-text; version=1.0.0' });
  expect(openMetrics.headers.get('content-type')).toContain('application/openmetrics-text');
  expect(await openMetrics.text()).toMatch(/# EOF\n$/);
  expect((await fetch(page.url.replace('metrics', 'other'))).status).toBe(404);
  expect((await fetch(page.url, { method: 'POST' })).status).toBe(405);
});

test('a long page is packed for those who take it', async () => {
  const page = await opened('0');
  await page.send((add) => {
    for (let i = 0; i < 30; i++) add('http_req_duration', 5, { name: `/items/${i}` });
  });
  const packed = await page.scrape({ 'accept-encoding': 'gzip' });
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(await packed.text()).toContain('name="/items/29"');
  const plain = await page.scrape({ 'accept-encoding': 'identity' });
  expect(plain.headers.get('content-encoding')).toBeNull();
});

test('nobody is waited for who has never come', async () => {
  const page = await opened('0?linger=60s');
  await page.close();
  await expect(page.scrape()).rejects.toThrow();
});

test('the page stays until it was scraped once more', async () => {
  const page = await opened('0?linger=60s');
  await page.scrape();
  let closed = false;
  const closing = page.close().then(() => {
    closed = true;
  });
  const last = await page.scrape();
  expect(last.status).toBe(200);
  await last.text();
  await closing;
  expect(closed).toBe(true);
  await expect(page.scrape()).rejects.toThrow();
});

test('a scrape that would come too late is not waited for, which is said', async () => {
  const page = await opened('0?linger=100ms');
  await page.scrape();
  // The next one is due as long after the second as that was after the first, and a second of slack.
  await page.scrape();
  await page.close();
  expect(page.told.slice(1)).toEqual([
    expect.stringMatching(
      /^-o prometheus=0\?linger=100ms: the last \d s were not scraped; \?linger=\d+s waits/,
    ),
  ]);
});

test('a port that is taken is refused with what to do', async () => {
  const page = await opened('0');
  const { port } = new URL(page.url);
  await expect(opened(port)).rejects.toMatchObject({
    message: `port ${port} of 127.0.0.1 cannot be listened on: something else listens there`,
    exitCode: 104,
  });
});

test.each([
  ['nowhere', "'nowhere' is no place to be scraped at: it must be PORT or HOST:PORT."],
  ['70000', "'70000' is no place to be scraped at: it must be PORT or HOST:PORT."],
  ['0?bucket=1', "there is no parameter 'bucket'; there is buckets or linger."],
  ['0?buckets=2,1', "buckets is '2,1': it must be rising numbers of seconds, separated by commas."],
  ['0?linger=long', "linger is 'long': it must be a time of at most 2m."],
])('%s', async (target, message) => {
  await expect(opened(target)).rejects.toThrow(message);
});
