import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BUILTIN_METRICS } from '../../../dsl/metrics.ts';
import { dashboard } from '../../../runner/grafana/dashboard.ts';
import { dashboardText, grafanaFiles } from '../../../runner/grafana/files.ts';
import { familiesOf, RUN_INFO } from '../../../runner/outputs/prometheus/names.ts';
import { createRemoteWrite } from '../../../runner/outputs/prometheus/remote-write.ts';
import { parseOutput } from '../../../runner/outputs/spec.ts';
import { startPrometheus } from '../../helpers/prometheus.ts';
import { freePort } from '../../helpers/services.ts';
import { type Add, madeRun, Recorded } from '../outputs/prometheus/recorded.ts';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}

interface PanelJson {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

interface DashboardJson {
  readonly uid: string;
  readonly panels: readonly PanelJson[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

/** As Grafana reads it. */
const JSON_OF = JSON.parse(dashboardText()) as DashboardJson;
const SHOWN = JSON_OF.panels.filter(({ type }) => type !== 'row');

/** What Grafana makes of the text of a query. */
function filledIn(text: string, run: string): string {
  return text
    .replaceAll('$__rate_interval', '20s')
    .replaceAll('$run', run)
    .replaceAll(/\$(?:script|scenario|name|system)\b/g, '.*');
}

test('the rows are those of a load test report', () => {
  const rows = JSON_OF.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  expect(rows).toEqual(['Latency', 'Throughput', 'Resources']);
  const titles = SHOWN.map(({ title }) => title);
  for (const title of [
    'p95',
    'p99',
    'Success rate',
    'Messages per second',
    'Memory',
    'Connections',
    'Cache hit rate',
  ])
    expect(titles).toContain(title);
});

test('panels have ids of their own, and places that do not overlap', () => {
  const ids = JSON_OF.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos } of JSON_OF.panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.get(`${x} ${y}`), `${title} at ${x}, ${y}`).toBeUndefined();
        taken.set(`${x} ${y}`, title);
      }
    }
  }
});

test('every variable that a query or a legend uses is there', () => {
  const known = new Set(JSON_OF.templating.list.map(({ name }) => name));
  const used = [...dashboardText().matchAll(/\$\{?(\w+)/g)].map(([, name]) => name as string);
  expect(used.length).toBeGreaterThan(50);
  expect(used.filter((name) => !known.has(name) && !/^__(?:rate_interval|interval|all)$/.test(name))).toEqual(
    [],
  );
  for (const { title, targets = [] } of SHOWN) {
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    for (const { datasource } of targets) expect(datasource.uid).toBe('$datasource');
  }
});

test('the provisioning files name the data source and the folder', () => {
  const files = grafanaFiles('http://prometheus:9090');
  expect(files.map(({ path }) => path)).toEqual([
    'dashboards/brunt.json',
    'provisioning/dashboards/brunt.yaml',
    'provisioning/datasources/brunt.yaml',
  ]);
  expect(files[2]?.text).toContain('url: "http://prometheus:9090"\n');
  expect(JSON.stringify(dashboard())).toBe(JSON.stringify(JSON_OF));
});

/** Every metric that there is, with all the tags that panels ask for. */
function everything(add: Add, second: number): void {
  for (const { name, type } of BUILTIN_METRICS) {
    const tags = { scenario: 'main', method: 'GET', name: '/cart', status: '200' };
    const value = type === 'rate' ? second % 2 : 10 + second;
    add(name, value, tags);
    add(name, value, tags);
  }
}

const SECONDS = 30;

test.for(['classic', 'native'] as const)(
  'every query has an answer, with %s histograms',
  { timeout: 60_000 },
  async (histograms, context) => {
    const port = await freePort();
    const prometheus = await startPrometheus(context, {
      port,
      config: `scrape_configs: [{ job_name: system, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]`,
      flags: ['--enable-feature=native-histograms'],
    });
    const target = `prometheus-remote-write=${prometheus.url}/api/v1/write?histograms=${histograms}`;
    const output = createRemoteWrite(parseOutput(target), {
      cwd: '/',
      env: {},
      warn: () => undefined,
      log: () => undefined,
    });
    const startedAt = new Date(Date.now() - SECONDS * 1000);
    const run = new Recorded({ startedAt });
    await output.open(madeRun());
    for (let second = 1; second <= SECONDS; second++) {
      await output.send?.(run.second(everything).batch, new AbortController().signal);
    }
    const at = new Date(startedAt.getTime() + SECONDS * 1000);
    // Its own memory is scraped once a second.
    const scraped = Date.now() + 10_000;
    while ((await prometheus.query('process_resident_memory_bytes')).length === 0 && Date.now() < scraped)
      await delay(100);

    const unanswered: string[] = [];
    for (const { title, type, targets = [] } of SHOWN) {
      if (type === 'heatmap' && histograms === 'native') continue;
      for (const { expr } of targets) {
        const isOfSystem = expr.includes('process_resident_memory_bytes');
        const answer = await prometheus.query(filledIn(expr, 'abc123'), isOfSystem ? undefined : at);
        const numbers = answer.filter(({ value }) => Number.isFinite(value));
        if (numbers.length === 0) unanswered.push(`${title}: ${expr}`);
      }
    }
    expect(unanswered).toEqual([]);
    const [begins] = JSON_OF.annotations.list;
    const asked = filledIn(begins?.expr ?? '', 'abc123').replaceAll('$__interval', '5s');
    expect(await prometheus.query(asked, new Date(startedAt.getTime() + 2000))).toHaveLength(1);
    expect(await prometheus.query(asked, at)).toHaveLength(0);
    await output.close();
  },
);

test('variables offer what there is', () => {
  const definitions = JSON_OF.templating.list.flatMap(({ definition }) => definition ?? []);
  const families = new Set(BUILTIN_METRICS.flatMap((def) => familiesOf(def).map(({ name }) => name)));
  const asked = definitions.flatMap((text) => /\((brunt_\w+)/.exec(text)?.[1] ?? []);
  expect(asked.filter((name) => !families.has(name) && name !== RUN_INFO.name)).toEqual([]);
  expect(asked.length).toBeGreaterThan(3);
});
