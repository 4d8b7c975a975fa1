/** Etsy's StatsD, for tests: what it makes of the lines that it gets, over all its flushes. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type Service, type ServiceTest, startService, temporaryFolder } from './services.ts';

const FLUSH_MS = 200;

/** What StatsD makes of the values of a timer in one flush. */
export interface TimerData {
  readonly count: number;
  readonly lower: number;
  readonly upper: number;
  readonly mean: number;
  readonly upper_95: number;
}

interface Flush {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly timer_data: Readonly<Record<string, TimerData>>;
}

export interface Statsd extends Service {
  readonly udp: string;
  readonly tcp: string;
  /** Waits until two flushes saw nothing new. */
  settled(): Promise<void>;
  /** Sum of all counters whose name matches. */
  counter(name: RegExp): number;
  /** The latest of a gauge. */
  gauge(name: string): number | undefined;
  /** Of all flushes, by all timers whose name matches. */
  timers(name: RegExp): readonly TimerData[];
}

const BACKEND = `
const { appendFileSync } = require('node:fs');
exports.init = (_startup, config, events) => {
  events.on('flush', (_time, { counters, gauges, timer_data }) => {
    appendFileSync(config.flushFile, JSON.stringify({ counters, gauges, timer_data }) + '\\n');
  });
  return true;
};
`;

export async function startStatsd(test: ServiceTest): Promise<Statsd> {
  const main = createRequire(import.meta.url).resolve('statsd/stats.js');
  const folder = temporaryFolder('statsd');
  const [udpPort, tcpPort, managementPort] = [await freePort(), await freePort(), await freePort()];
  const flushFile = join(folder, 'flushes.jsonl');
  writeFileSync(join(folder, 'backend.cjs'), BACKEND);
  const config = {
    servers: [
      { server: './servers/udp', address: '127.0.0.1', port: udpPort },
      { server: './servers/tcp', address: '127.0.0.1', port: tcpPort },
    ],
    mgmt_address: '127.0.0.1',
    mgmt_port: managementPort,
    backends: [join(folder, 'backend.cjs')],
    flushInterval: FLUSH_MS,
    percentThreshold: [95],
    deleteCounters: true,
    deleteTimers: true,
    flushFile,
  };
  writeFileSync(join(folder, 'config.js'), JSON.stringify(config));
  const service = await startService(test, {
    command: process.execPath,
    args: [main, join(folder, 'config.js')],
    port: tcpPort,
    folder,
    url: `tcp://127.0.0.1:${tcpPort}`,
    stopSignal: 'SIGTERM',
  });
  const flushes = (): readonly Flush[] => {
    if (!existsSync(flushFile)) return [];
    const lines = readFileSync(flushFile, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Flush);
  };
  const isNew = ({ counters }: Flush): boolean => (counters['statsd.metrics_received'] ?? 0) > 0;
  return {
    ...service,
    udp: `127.0.0.1:${udpPort}`,
    tcp: `tcp://127.0.0.1:${tcpPort}`,
    async settled() {
      const start = flushes().length;
      for (let seen = flushes(); seen.length < start + 2 || seen.slice(-2).some(isNew); seen = flushes()) {
        await delay(FLUSH_MS / 2);
      }
    },
    counter: (name) =>
      flushes()
        .flatMap(({ counters }) => Object.entries(counters))
        .reduce((sum, [key, value]) => (name.test(key) ? sum + value : sum), 0),
    gauge: (name) => flushes().at(-1)?.gauges[name],
    timers: (name) =>
      flushes().flatMap(({ timer_data }) =>
        Object.entries(timer_data).flatMap(([key, data]) => (name.test(key) ? [data] : [])),
      ),
  };
}
