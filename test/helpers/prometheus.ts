/** A real Prometheus and its promtool, for tests; without the binaries a test is skipped, as in `services.ts`. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Binary,
  freePort,
  needBinary,
  type Service,
  type ServiceTest,
  startService,
  temporaryFolder,
} from './services.ts';

const PROMETHEUS: Binary = {
  name: 'prometheus',
  install: 'apt-get install prometheus',
  folders: () => [],
};
const PROMTOOL: Binary = { ...PROMETHEUS, name: 'promtool' };

export interface PrometheusOptions {
  /** Of its configuration, beside the global part: `scrape_configs: …`. */
  readonly config?: string;
  readonly flags?: readonly string[];
  /** For one that comes back: the port and the data of the first. */
  readonly port?: number;
  readonly data?: string;
}

export interface Prometheus extends Service {
  /** Value and labels of every series that an instant query gives, at a time or now. */
  query(expr: string, at?: Date): Promise<readonly PrometheusSample[]>;
}

export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function queryPrometheus(url: string, expr: string, at?: Date): Promise<readonly PrometheusSample[]> {
  const body = new URLSearchParams({
    query: expr,
    ...(at === undefined ? {} : { time: String(at.getTime() / 1000) }),
  });
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
  const answer = (await response.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: {
      readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
    };
  };
  if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** Prometheus, taking remote writes; evaluates and scrapes every second. */
export async function startPrometheus(
  test: ServiceTest,
  { config = '', flags = [], ...given }: PrometheusOptions = {},
): Promise<Prometheus> {
  const command = needBinary(test, PROMETHEUS);
  const port = given.port ?? (await freePort());
  const folder = temporaryFolder('prometheus');
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n${config}\n`,
  );
  const service = await startService(test, {
    command,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${given.data ?? join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      ...flags,
    ],
    port,
    folder,
    url: `http://127.0.0.1:${port}`,
    stopSignal: 'SIGTERM',
    serves: (output) => output.includes('Server is ready to receive web requests'),
  });
  return { ...service, query: (expr, at) => queryPrometheus(service.url, expr, at) };
}

export interface PromtoolResult {
  readonly code: number;
  readonly output: string;
}

/** `promtool <args>`, with `input` on its standard input. */
export function promtool(test: ServiceTest, args: readonly string[], input = ''): Promise<PromtoolResult> {
  const command = needBinary(test, PROMTOOL);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const keep = (part: Buffer): void => {
      output += part.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
    child.stdin.end(input);
  });
}
