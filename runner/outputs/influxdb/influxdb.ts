/** `-o influxdb=URL`: line protocol over HTTP, to InfluxDB 1, 2 and 3 and what else speaks it. */

import { ConfigError } from '../../../dsl/errors.ts';
import type { Output, OutputBatch, OutputRun } from '../output.ts';
import { type PostAnswer, post, RefusedError } from '../post.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { nameOf } from '../target.ts';
import { type LineStyle, lineOf } from './lines.ts';
import { type InfluxSettings, readInfluxSettings } from './settings.ts';

/** Of one request, as InfluxData advises. */
const MOST_LINES = 5000;

/** For the questions at the start. */
const PROBE_MS = 3000;

function requireReceipt({ status, body, contentType }: PostAnswer): void {
  // 204 it should be; servers that are like InfluxDB say 200, with nothing or a little JSON.
  if (status === 204 || body.length === 0 || contentType.endsWith('json')) return;
  const what = contentType === '' ? 'something' : contentType;
  throw new Error(`it answered ${status} with ${what} that is no answer of InfluxDB`);
}

/** Why a statement failed, which is told with status 200; undefined where it did not. */
function statementError({ body }: PostAnswer): string | undefined {
  try {
    const { results } = JSON.parse(new TextDecoder().decode(body)) as { results?: { error?: string }[] };
    return results?.find((result) => result.error !== undefined)?.error;
  } catch {
    return 'it answered with something that is no answer of InfluxDB';
  }
}

class InfluxOutput implements Output {
  readonly name: string;
  readonly #settings: InfluxSettings;
  #style: LineStyle = { tags: new Map() };
  #lastMs = 0;

  constructor(name: string, settings: InfluxSettings) {
    this.name = name;
    this.#settings = settings;
  }

  /** A server that is away may come; one that would refuse everything is told of before the run. */
  async open(run: OutputRun): Promise<void> {
    // Without `run`, two runs that report in the same millisecond would overwrite each other's points.
    this.#style = { tags: new Map([['run', run.runId], ...Object.entries(run.options.tags)]) };
    try {
      // Without points: answers whether they would be taken.
      await this.#write('', AbortSignal.timeout(PROBE_MS));
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      if (error instanceof RefusedError) this.#refuse(error);
    }
  }

  async send(batch: OutputBatch, signal: AbortSignal): Promise<void> {
    const time = this.#timeOf(batch);
    const lines = batch.series.flatMap((series) => lineOf(series, time, this.#style) ?? []);
    for (let start = 0; start < lines.length; start += MOST_LINES) {
      try {
        await this.#write(lines.slice(start, start + MOST_LINES).join('\n'), signal);
      } catch (error) {
        if (start === 0) throw error;
        // Sent again, and with a later time, the parts that it took would count twice.
        throw new Error(`it took the first ${start} of ${lines.length} points: ${(error as Error).message}`);
      }
    }
  }

  async close(): Promise<void> {}

  /** Rising: a point with the time of an earlier one would replace it. */
  #timeOf(batch: OutputBatch): number {
    this.#lastMs = Math.max(this.#lastMs + 1, batch.to.getTime());
    return this.#lastMs;
  }

  async #write(lines: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#postLines(lines, signal);
    } catch (error) {
      const { queryUrl } = this.#settings;
      if (queryUrl === undefined || !isMissingDatabase(error)) throw error;
      await this.#createDatabase(queryUrl, signal);
      await this.#postLines(lines, signal);
    }
  }

  async #postLines(lines: string, signal: AbortSignal): Promise<void> {
    const { writeUrl, headers } = this.#settings;
    requireReceipt(
      await post({
        url: writeUrl,
        headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
        body: lines,
        gzip: lines !== '',
        signal,
      }),
    );
  }

  async #createDatabase(url: URL, signal: AbortSignal): Promise<void> {
    const { store, headers } = this.#settings;
    const statement = `CREATE DATABASE "${store.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    let failed: string | undefined;
    try {
      const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
      const body = new URLSearchParams({ q: statement }).toString();
      failed = statementError(await post({ url, headers: form, body, gzip: false, signal }));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      failed = error.message;
    }
    if (failed === undefined) return;
    throw new ConfigError([
      {
        message: `the database '${store}' is missing and could not be made: ${failed}.`,
        hint: `Make it as an administrator: influx -execute '${statement}'`,
      },
    ]);
  }

  /** Of the answers to a request without points, those that points would not change. */
  #refuse({ status, message }: RefusedError): void {
    const isOne = this.#settings.queryUrl !== undefined;
    const hints: Readonly<Record<number, string>> = {
      401: isOne
        ? 'Set INFLUX_USERNAME and INFLUX_PASSWORD, or INFLUX_TOKEN'
        : 'Set INFLUX_TOKEN to a token that may write to the bucket',
      403: `May this user write to '${this.#settings.store}'?`,
      404: isOne
        ? 'Is it InfluxDB 1? The target of InfluxDB 2 is like http://host:8086?org=ORG&bucket=NAME'
        : `Make the bucket (influx bucket create --name ${this.#settings.store}), or check org and bucket`,
    };
    const hint = hints[status];
    if (hint !== undefined) throw new ConfigError([{ message: `${message}.`, hint }]);
  }
}

function isMissingDatabase(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 404 && error.body.includes('database not found');
}

export function createInfluxdb(spec: OutputSpec, { env }: OutputContext): Output {
  const settings = readInfluxSettings(spec, env);
  return new InfluxOutput(nameOf(spec, settings.target), settings);
}
