/** A real InfluxDB 1, for tests; without the binary a test is skipped, as in `services.ts`. */

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

const INFLUXD: Binary = { name: 'influxd', install: 'apt-get install influxdb', folders: () => [] };

export type InfluxRow = Readonly<Record<string, string | number | null>>;

export interface Influx extends Service {
  /** Rows of all series that a statement gives, columns and tags by name. */
  query(database: string, statement: string): Promise<readonly InfluxRow[]>;
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values: readonly (readonly (string | number | null)[])[];
    }[];
  }[];
}

async function queryInflux(url: string, database: string, statement: string): Promise<readonly InfluxRow[]> {
  const body = new URLSearchParams({ db: database, q: statement });
  const answer = (await (await fetch(`${url}/query`, { method: 'POST', body })).json()) as QueryAnswer;
  const result = answer.results?.[0];
  const error = answer.error ?? result?.error;
  if (error !== undefined) throw new Error(`${statement}: ${error}`);
  return (result?.series ?? []).flatMap(({ tags, columns, values }) =>
    values.map((row) => ({
      ...tags,
      ...Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])),
    })),
  );
}

/** `port`: for one that is awaited there. */
export async function startInflux(test: ServiceTest, port?: number): Promise<Influx> {
  const command = needBinary(test, INFLUXD);
  const httpPort = port ?? (await freePort());
  const folder = temporaryFolder('influxdb');
  const config = join(folder, 'influxdb.conf');
  writeFileSync(
    config,
    `
reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${httpPort}"
  log-enabled = false
`,
  );
  const url = `http://127.0.0.1:${httpPort}`;
  const service = await startService(test, {
    command,
    args: ['-config', config],
    port: httpPort,
    folder,
    url,
    stopSignal: 'SIGTERM',
  });
  return { ...service, query: (database, statement) => queryInflux(url, database, statement) };
}
