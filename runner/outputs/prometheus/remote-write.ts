/**
 * `-o prometheus-remote-write=URL`: pushes to whatever speaks Prometheus' remote write 1.0.
 *
 * What is sent are totals since the start, so a push that is lost costs detail, never counts. Each series is sent when
 * it changed, and again after a while although it did not, so that `rate()` over a minute finds samples of it. Times
 * only rise: a request that is sent again has the same times and values, which receivers take as the same sample.
 *
 *     new series     0 at the beginning of its first interval (counters, histograms), then its first value
 *     at the end     the stale marker: queries about now no longer show the run, and alerts about it end. It is dated
 *                    some seconds later, so that a rule or a graph that looks every 15 s sees the last values
 */

import { ConfigError } from '../../../dsl/errors.ts';
import type { Output, OutputBatch, OutputRun } from '../output.ts';
import { post, RefusedError } from '../post.ts';
import type { OutputContext } from '../registry.ts';
import { snappyCompress } from '../snappy.ts';
import type { OutputSpec } from '../spec.ts';
import { checkNames } from './names.ts';
import { type PromSeries, RunSeries } from './series.ts';
import { type RemoteWriteSettings, readRemoteWriteSettings } from './settings.ts';
import { prepareSeries, WriteRequest, type WrittenSeries } from './write-request.ts';

/** For the question at the start whether the receiver would take anything. */
const PROBE_MS = 3000;
/** For the last words, within the time that an output has for closing. */
const FAREWELL_MS = 1500;
/** Of an unchanged series: a `rate()` needs two samples, and 30 s is the shortest range in use. */
const REPEAT_MS = 15_000;
const STALE_AFTER_MS = 15_000;
/** Series of one request: some hundred kilobytes before compression. */
const MOST_SAMPLES = 5000;

/** Refusals of an empty request that data would not change. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'Set BRUNT_PROMETHEUS_RW_USERNAME and _PASSWORD, or BRUNT_PROMETHEUS_RW_BEARER_TOKEN',
  403: 'Check the credentials in BRUNT_PROMETHEUS_RW_*',
  404: 'Prometheus takes writes at /api/v1/write, where it was started with --web.enable-remote-write-receiver',
  405: 'Is it the full path? Prometheus takes writes at /api/v1/write',
};

interface Sent extends WrittenSeries {
  atMs: number;
}

class RemoteWriteOutput implements Output {
  readonly name: string;
  readonly #settings: RemoteWriteSettings;
  readonly #cwd: string;
  #series: RunSeries | undefined;
  readonly #sent = new Map<PromSeries, Sent>();
  /** Changed since they were last sent. */
  readonly #changed = new Set<PromSeries>();
  readonly #described = new Set<string>();
  #pushedMs = Number.NEGATIVE_INFINITY;
  /** Of the last batch. */
  #fromMs = 0;
  #toMs = 0;

  constructor(name: string, settings: RemoteWriteSettings, cwd: string) {
    this.name = name;
    this.#settings = settings;
    this.#cwd = cwd;
  }

  /** A receiver that is away may come; one that would refuse everything is told of before the run. */
  async open(run: OutputRun): Promise<void> {
    checkNames(run.metrics);
    this.#series = new RunSeries(run, { timeBounds: this.#settings.timeBounds, cwd: this.#cwd });
    try {
      await this.#post(new WriteRequest(), AbortSignal.timeout(PROBE_MS));
    } catch (error) {
      const hint = error instanceof RefusedError ? HINTS[error.status] : undefined;
      if (hint !== undefined) throw new ConfigError([{ message: `${(error as Error).message}.`, hint }]);
    }
  }

  async send(batch: OutputBatch, signal: AbortSignal): Promise<void> {
    const series = this.#series as RunSeries;
    if (this.#changed.size === 0) this.#fromMs = batch.from.getTime();
    for (const one of series.keep(batch)) this.#changed.add(one);
    this.#toMs = Math.max(this.#toMs + 1, batch.to.getTime());
    // Seconds are never quite whole.
    if (this.#toMs - this.#pushedMs < this.#settings.pushIntervalMs - 500) return;
    await this.#push(signal);
  }

  async close(): Promise<void> {
    // Nothing arrived: there is nothing to end.
    if (this.#pushedMs === Number.NEGATIVE_INFINITY) return;
    const signal = AbortSignal.timeout(FAREWELL_MS);
    if (this.#changed.size > 0) await this.#push(signal);
    let request = new WriteRequest();
    for (const one of this.#sent.values()) {
      request.end(one, this.#toMs + STALE_AFTER_MS);
      if (request.samples < MOST_SAMPLES) continue;
      await this.#post(request, signal);
      request = new WriteRequest();
    }
    if (request.samples > 0) await this.#post(request, signal);
  }

  async #push(signal: AbortSignal): Promise<void> {
    const { all } = this.#series as RunSeries;
    const atMs = this.#toMs;
    const due = all.filter((one) => this.#changed.has(one) || this.#isOld(one, atMs));
    for (let next = 0; next < due.length; ) {
      const request = new WriteRequest();
      for (; next < due.length && request.samples < MOST_SAMPLES; next++)
        this.#add(request, due[next] as PromSeries);
      await this.#post(request, signal);
    }
    for (const one of due) (this.#sent.get(one) as Sent).atMs = atMs;
    this.#changed.clear();
    this.#pushedMs = atMs;
  }

  #isOld(one: PromSeries, atMs: number): boolean {
    return atMs - (this.#sent.get(one)?.atMs ?? Number.NEGATIVE_INFINITY) >= REPEAT_MS;
  }

  #add(request: WriteRequest, series: PromSeries): void {
    let sent = this.#sent.get(series);
    let zeroAtMs: number | undefined;
    if (sent === undefined) {
      sent = { ...prepareSeries(series, this.#settings.nativeHistograms), atMs: Number.NEGATIVE_INFINITY };
      this.#sent.set(series, sent);
      if (this.#fromMs < this.#toMs) zeroAtMs = this.#fromMs;
    }
    for (const family of series.families) {
      if (this.#described.has(family.name)) continue;
      this.#described.add(family.name);
      request.metadata(family);
    }
    request.add(sent, this.#toMs, zeroAtMs);
  }

  async #post(request: WriteRequest, signal: AbortSignal): Promise<void> {
    const { url, headers } = this.#settings;
    await post({
      url,
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        ...headers,
      },
      body: snappyCompress(request.encoded()),
      gzip: false,
      signal,
      repeatable: true,
    });
  }
}

export function createRemoteWrite(spec: OutputSpec, { env, cwd }: OutputContext): Output {
  return new RemoteWriteOutput(spec.name, readRemoteWriteSettings(spec, env), cwd);
}
