/** `-o statsd=host:port`: StatsD and DogStatsD, over UDP or TCP. */

import type { Output, OutputBatch, OutputRun } from '../output.ts';
import type { OutputSpec } from '../spec.ts';
import { batchLines, packetsOf, type StatsdStyle } from './lines.ts';
import { readStatsdSettings, type StatsdSettings } from './settings.ts';
import { type StatsdTransport, TcpTransport, UdpTransport } from './transport.ts';

/** What an Ethernet frame of 1,500 bytes carries beside the headers of IPv6 and UDP, with room for a tunnel's. */
const MOST_BYTES = 1432;

class StatsdOutput implements Output {
  readonly name: string;
  readonly #settings: StatsdSettings;
  readonly #transport: StatsdTransport;
  #style: StatsdStyle | undefined;

  constructor(name: string, settings: StatsdSettings) {
    this.name = name;
    this.#settings = settings;
    const { transport, host, port } = settings;
    this.#transport = transport === 'udp' ? new UdpTransport(host, port) : new TcpTransport(host, port);
  }

  /** A server says nothing of itself: whether there is one shows when the first packets are sent. */
  async open(run: OutputRun): Promise<void> {
    const { prefix, tags } = this.#settings;
    this.#style = { prefix, tags, runTags: new Map(Object.entries(run.options.tags)) };
  }

  async send(batch: OutputBatch, signal: AbortSignal): Promise<void> {
    const lines = batchLines(batch, this.#style as StatsdStyle);
    await this.#transport.send(packetsOf(lines, MOST_BYTES), signal);
  }

  async close(): Promise<void> {
    this.#transport.close();
  }
}

export function createStatsd(spec: OutputSpec): Output {
  const settings = readStatsdSettings(spec);
  const { host, port } = settings;
  return new StatsdOutput(spec.target === undefined ? `${spec.name}=${host}:${port}` : spec.name, settings);
}
