/**
 * What an OTLP output is told: by its target, then by OpenTelemetry's own variables (those of metrics before those of
 * all signals), then defaults.
 */

import type { Problem } from '../../../dsl/errors.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { readUrl, readWord, takeParameters, throwIfAny } from '../target.ts';
import type { HistogramKind, Temporality } from './request.ts';

export type OtlpProtocol = 'protobuf' | 'json';

export interface OtlpSettings {
  readonly url: URL;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  readonly temporality: Temporality;
  readonly histograms: HistogramKind;
  readonly timeoutMs: number;
  /** Of the resource, as the user wants them. */
  readonly attributes: ReadonlyMap<string, string>;
}

const DEFAULT_BASE = 'http://127.0.0.1:4318';
const PATH = 'v1/metrics';
const DEFAULT_TIMEOUT_MS = 10_000;

const URL_FORM = { schemes: ['http', 'https'], example: `${DEFAULT_BASE}/${PATH}` };

const PROTOCOLS = { 'http/protobuf': 'protobuf', 'http/json': 'json' } as const;
const OWN_PROTOCOLS = { protobuf: 'protobuf', json: 'json' } as const;
const COMPRESSIONS = { gzip: 'gzip', none: 'none' } as const;
const TEMPORALITIES = { cumulative: 'cumulative', delta: 'delta' } as const;
/** `lowmemory` differs from delta for instruments that Brunt has none of. */
const TEMPORALITY_PREFERENCES = { ...TEMPORALITIES, lowmemory: 'delta' } as const;
const HISTOGRAMS = { exponential: 'exponential', explicit: 'explicit' } as const;
const HISTOGRAM_AGGREGATIONS = {
  base2_exponential_bucket_histogram: 'exponential',
  explicit_bucket_histogram: 'explicit',
} as const;

const PARAMETERS = ['protocol', 'temporality', 'histograms', 'compression'] as const;

interface Variable {
  readonly name: string;
  readonly text: string;
}

type Variables = (suffix: string) => Variable | undefined;

/** `OTEL_EXPORTER_OTLP_METRICS_<suffix>` before `OTEL_EXPORTER_OTLP_<suffix>`; an empty one counts as unset. */
function exporterVariables(env: OutputContext['env']): Variables {
  return (suffix) => {
    for (const prefix of ['OTEL_EXPORTER_OTLP_METRICS_', 'OTEL_EXPORTER_OTLP_']) {
      const name = `${prefix}${suffix}`;
      const text = env[name]?.trim();
      if (text !== undefined && text !== '') return { name, text };
    }
    return undefined;
  };
}

/** `key=value,key=value` with percent-encoded values, as in the header Baggage. */
function readPairs(variable: Variable | undefined, problems: Problem[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  if (variable === undefined) return pairs;
  for (const part of variable.text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim();
    try {
      if (key === '') throw new URIError('no key');
      pairs.set(key, decodeURIComponent(part.slice(equals + 1).trim()));
    } catch {
      problems.push({
        where: variable.name,
        // Not the part itself: it may be a secret.
        message: `part ${pairs.size + 1} is no key=value with a percent-encoded value.`,
        hint: 'Write it like key=value,other=two%20words',
      });
    }
  }
  return pairs;
}

function withMetricsPath(url: URL): URL {
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${PATH}`;
  return url;
}

interface Target {
  readonly url: URL;
  readonly parameters: ReadonlyMap<(typeof PARAMETERS)[number], string>;
}

/** A target without a path gets the usual one, as nobody serves metrics at `/`. */
function readTarget(spec: OutputSpec, variables: Variables, problems: Problem[]): Target {
  const none = new Map<never, never>();
  const fallback = { url: new URL(`${DEFAULT_BASE}/${PATH}`), parameters: none };
  if (spec.target !== undefined) {
    const url = readUrl(spec.target, URL_FORM, problems);
    if (url === undefined) return fallback;
    const parameters = takeParameters(url, PARAMETERS, problems);
    return { url: url.pathname === '/' ? withMetricsPath(url) : url, parameters };
  }
  const variable = variables('ENDPOINT');
  if (variable === undefined) return fallback;
  const url = readUrl(variable.text, URL_FORM, problems, variable.name);
  if (url === undefined) return fallback;
  const isForMetrics = variable.name === 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT';
  return { url: isForMetrics ? url : withMetricsPath(url), parameters: none };
}

/** The words of a parameter, or those of the variable that stands for it. */
function choose<T extends string>(
  parameter: {
    readonly name: string;
    readonly text: string | undefined;
    readonly words: Readonly<Record<string, T>>;
  },
  variable: { readonly found: Variable | undefined; readonly words: Readonly<Record<string, T>> },
  fallback: T,
  problems: Problem[],
): T {
  if (parameter.text !== undefined) {
    return readWord(parameter.text, parameter.words, fallback, problems, { name: parameter.name });
  }
  const { found, words } = variable;
  if (found === undefined) return fallback;
  return readWord(found.text.toLowerCase(), words, fallback, problems, { name: 'it', where: found.name });
}

function readProtocol(
  text: string | undefined,
  found: Variable | undefined,
  problems: Problem[],
): OtlpProtocol {
  if (text === undefined && found?.text === 'grpc') {
    problems.push({
      where: found.name,
      message: 'Brunt sends OTLP over HTTP, not over gRPC.',
      hint: "Set it to http/protobuf, or add ?protocol=protobuf to the target; the receiver's port for HTTP is usually 4318",
    });
    return 'protobuf';
  }
  const parameter = { name: 'protocol', text, words: OWN_PROTOCOLS };
  return choose(parameter, { found, words: PROTOCOLS }, 'protobuf', problems);
}

function readTimeout(variable: Variable | undefined, problems: Problem[]): number {
  if (variable === undefined) return DEFAULT_TIMEOUT_MS;
  if (/^\d+$/.test(variable.text) && Number(variable.text) > 0) return Number(variable.text);
  problems.push({
    where: variable.name,
    message: `it is '${variable.text}': it must be milliseconds above 0.`,
  });
  return DEFAULT_TIMEOUT_MS;
}

function variable(env: OutputContext['env'], name: string): Variable | undefined {
  const text = env[name]?.trim();
  return text === undefined || text === '' ? undefined : { name, text };
}

/** Throws a ConfigError with all problems. */
export function readOtlpSettings(spec: OutputSpec, env: OutputContext['env']): OtlpSettings {
  const problems: Problem[] = [];
  const variables = exporterVariables(env);
  const { url, parameters } = readTarget(spec, variables, problems);
  const headers = new Map(readPairs(variables('HEADERS'), problems));
  if (url.username !== '') {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(user).toString('base64')}`);
    url.username = '';
    url.password = '';
  }
  const attributes = new Map(readPairs(variable(env, 'OTEL_RESOURCE_ATTRIBUTES'), problems));
  const service = variable(env, 'OTEL_SERVICE_NAME');
  if (service !== undefined) attributes.set('service.name', service.text);
  const settings: OtlpSettings = {
    url,
    headers: Object.fromEntries(headers),
    attributes,
    protocol: readProtocol(parameters.get('protocol'), variables('PROTOCOL'), problems),
    gzip:
      choose(
        { name: 'compression', text: parameters.get('compression'), words: COMPRESSIONS },
        { found: variables('COMPRESSION'), words: COMPRESSIONS },
        'gzip',
        problems,
      ) === 'gzip',
    temporality: choose(
      { name: 'temporality', text: parameters.get('temporality'), words: TEMPORALITIES },
      { found: variables('TEMPORALITY_PREFERENCE'), words: TEMPORALITY_PREFERENCES },
      'cumulative',
      problems,
    ),
    histograms: choose(
      { name: 'histograms', text: parameters.get('histograms'), words: HISTOGRAMS },
      { found: variables('DEFAULT_HISTOGRAM_AGGREGATION'), words: HISTOGRAM_AGGREGATIONS },
      'exponential',
      problems,
    ),
    timeoutMs: readTimeout(variables('TIMEOUT'), problems),
  };
  throwIfAny(problems);
  return settings;
}
