/**
 * Where an InfluxDB output writes:
 *
 *     http://host:8086/DATABASE              InfluxDB 1, and what speaks its protocol; also ?rp=RETENTION_POLICY
 *     http://host:8086?org=ORG&bucket=NAME   InfluxDB 2 and 3; the token stands in INFLUX_TOKEN
 *
 * A path before the database, or of InfluxDB 2, is that of a proxy.
 */

import type { Problem } from '../../../dsl/errors.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { readUrl, takeParameters, throwIfAny } from '../target.ts';

export interface InfluxSettings {
  /** As the user sees it, without credentials. */
  readonly target: URL;
  readonly writeUrl: URL;
  /** InfluxDB 1 only: where databases are made. */
  readonly queryUrl: URL | undefined;
  /** Database or bucket. */
  readonly store: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DEFAULT_TARGET = 'http://127.0.0.1:8086/brunt';
const URL_FORM = { schemes: ['http', 'https'], example: 'http://127.0.0.1:8086/brunt' };

const PARAMETERS = ['org', 'bucket', 'rp'] as const;
type Parameters = ReadonlyMap<(typeof PARAMETERS)[number], string>;

function address(base: URL, path: string, query: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  return url;
}

/** Of the URL, else of the variables that InfluxDB's own command reads. */
function credentials(url: URL, env: OutputContext['env']): Readonly<Record<string, string>> {
  const user = url.username === '' ? env.INFLUX_USERNAME : decodeURIComponent(url.username);
  const password = url.username === '' ? env.INFLUX_PASSWORD : decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const token = env.INFLUX_TOKEN;
  if (token !== undefined && token !== '') return { authorization: `Token ${token}` };
  if (user === undefined || user === '') return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` };
}

function versionTwo(url: URL, parameters: Parameters, problems: Problem[]) {
  const bucket = parameters.get('bucket') ?? '';
  if (bucket === '') {
    problems.push({
      message: 'an organisation without a bucket is not enough for InfluxDB 2.',
      hint: 'Add &bucket=NAME',
    });
  }
  if (parameters.has('rp')) {
    problems.push({
      message: 'a retention policy (rp) is of InfluxDB 1: buckets of InfluxDB 2 have their own.',
    });
  }
  const writeUrl = address(url, '/api/v2/write', { org: parameters.get('org'), bucket, precision: 'ms' });
  return { writeUrl, queryUrl: undefined, store: bucket };
}

function versionOne(url: URL, parameters: Parameters, problems: Problem[]) {
  const path = url.pathname.replace(/\/$/, '');
  const store = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  if (store === '') {
    problems.push({
      message: 'the target names no database.',
      hint: `Write it like ${URL_FORM.example}; for InfluxDB 2 like http://127.0.0.1:8086?org=ORG&bucket=NAME`,
    });
  }
  const base = new URL(url);
  base.pathname = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const writeUrl = address(base, '/write', { db: store, rp: parameters.get('rp'), precision: 'ms' });
  return { writeUrl, queryUrl: address(base, '/query', {}), store };
}

/** Throws a ConfigError with all problems. */
export function readInfluxSettings(spec: OutputSpec, env: OutputContext['env']): InfluxSettings {
  const problems: Problem[] = [];
  const url = readUrl(spec.target ?? DEFAULT_TARGET, URL_FORM, problems) ?? new URL(DEFAULT_TARGET);
  const parameters = takeParameters(url, PARAMETERS, problems);
  const headers = credentials(url, env);
  const isTwo = parameters.has('org') || parameters.has('bucket');
  const place = isTwo ? versionTwo(url, parameters, problems) : versionOne(url, parameters, problems);
  throwIfAny(problems);
  return { ...place, target: url, headers };
}
