/** `-o otlp=URL`: OpenTelemetry's protocol over HTTP, in protobuf or JSON. */

import { ConfigError } from '../../../dsl/errors.ts';
import type { Output, OutputBatch, OutputRun } from '../output.ts';
import { type PostAnswer, post, RefusedError } from '../post.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { nameOf } from '../target.ts';
import { encodeMessage, type PlainMessage } from './protobuf.ts';
import { emptyRequest, exportRequest, type RequestStyle } from './request.ts';
import { partialSuccess } from './response.ts';
import { EXPORT_METRICS_REQUEST } from './schema.ts';
import { type OtlpSettings, readOtlpSettings } from './settings.ts';

/** For the question at the start whether a receiver would take anything. */
const PROBE_MS = 3000;

/** Refusals of an empty request that more data would not change. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'Set OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Bearer%20TOKEN',
  403: 'Check the credentials in OTEL_EXPORTER_OTLP_HEADERS',
  404: 'Is it the full path? Collectors take metrics at /v1/metrics',
  405: 'Is it the full path? Collectors take metrics at /v1/metrics',
  415: 'Try the other encoding: ?protocol=json or ?protocol=protobuf',
};

/** The resource: what the user says of it, else the run and its tags. */
function resourceAttributes(run: OutputRun, settings: OtlpSettings): ReadonlyMap<string, string> {
  return new Map([
    ['service.name', 'brunt'],
    ['service.version', run.version],
    ['service.instance.id', run.runId],
    ['brunt.script', run.script],
    ...Object.entries(run.options.tags),
    ...settings.attributes,
  ]);
}

class OtlpOutput implements Output {
  readonly name: string;
  readonly sendTimeoutMs: number;
  readonly #settings: OtlpSettings;
  #style: RequestStyle | undefined;
  /** Where cumulative points begin. */
  #since: Date | undefined;
  /** Told as it was the first time: the numbers differ from second to second, the reason does not. */
  readonly #partial = new Map<string, string>();

  constructor(name: string, settings: OtlpSettings) {
    this.name = name;
    this.sendTimeoutMs = settings.timeoutMs;
    this.#settings = settings;
  }

  /** A receiver that is away may come; one that would refuse everything is told of before the run. */
  async open(run: OutputRun): Promise<void> {
    const { temporality, histograms } = this.#settings;
    const attributes = resourceAttributes(run, this.#settings);
    this.#style = { temporality, histograms, attributes, version: run.version };
    try {
      await this.#post(emptyRequest(), AbortSignal.timeout(PROBE_MS));
    } catch (error) {
      const hint = error instanceof RefusedError ? HINTS[error.status] : undefined;
      if (hint !== undefined) throw new ConfigError([{ message: `${(error as Error).message}.`, hint }]);
    }
  }

  async send(batch: OutputBatch, signal: AbortSignal): Promise<void> {
    this.#since ??= batch.from;
    const { message, points } = exportRequest(batch, this.#since, this.#style as RequestStyle);
    const { rejectedPoints, message: reason } = partialSuccess(await this.#post(message, signal));
    if (rejectedPoints > 0) throw new Error(this.#rejected(rejectedPoints, points, reason));
  }

  async close(): Promise<void> {}

  #rejected(rejected: number, points: number, reason: string): string {
    let text = this.#partial.get(reason);
    if (text === undefined) {
      text = `it rejected ${rejected} of ${points} data points${reason === '' ? '' : `: ${reason}`}`;
      this.#partial.set(reason, text);
    }
    return text;
  }

  #post(message: PlainMessage, signal: AbortSignal): Promise<PostAnswer> {
    const { url, headers, gzip, protocol, temporality } = this.#settings;
    const isJson = protocol === 'json';
    return post({
      url,
      headers: { 'content-type': isJson ? 'application/json' : 'application/x-protobuf', ...headers },
      body: isJson ? JSON.stringify(message) : encodeMessage(EXPORT_METRICS_REQUEST, message),
      gzip,
      signal,
      // Cumulative points say the same however often they are sent.
      repeatable: temporality === 'cumulative',
    });
  }
}

export function createOtlp(spec: OutputSpec, { env }: OutputContext): Output {
  const settings = readOtlpSettings(spec, env);
  return new OtlpOutput(nameOf(spec, settings.url), settings);
}
