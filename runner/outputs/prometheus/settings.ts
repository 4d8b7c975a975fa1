/**
 * What the outputs to Prometheus are told.
 *
 *     -o prometheus=[HOST:]PORT                     ?buckets=0.1,0.2,0.5   ?linger=20s
 *     -o prometheus-remote-write=URL                ?buckets=…             ?histograms=native
 *
 * Any other parameter of the URL is the receiver's and stays in it. The variables: BRUNT_PROMETHEUS_RW_SERVER_URL (where
 * there is no target), _USERNAME, _PASSWORD, _BEARER_TOKEN, _HTTP_HEADERS, _PUSH_INTERVAL.
 */

import { parseDuration } from '../../../dsl/duration.ts';
import type { Problem } from '../../../dsl/errors.ts';
import { orList } from '../../config/fields.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { readUrl, readWord, throwIfAny } from '../target.ts';

export interface ScrapeSettings {
  readonly host: string;
  readonly port: number;
  readonly timeBounds: readonly number[] | undefined;
  /** Longest wait for the scrape after the end. */
  readonly lingerMs: number;
}

export interface RemoteWriteSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly nativeHistograms: boolean;
  readonly timeBounds: readonly number[] | undefined;
  readonly pushIntervalMs: number;
}

/** Where no port is given; 9090 is Prometheus itself. */
const DEFAULT_PORT = 5656;
const DEFAULT_LINGER_MS = 5000;
const LONGEST_LINGER_MS = 120_000;

const SCRAPE_EXAMPLE = `prometheus=${DEFAULT_PORT}, or prometheus=0.0.0.0:${DEFAULT_PORT} for other machines`;
const WRITE_FORM = {
  schemes: ['http', 'https'],
  example: 'prometheus-remote-write=http://127.0.0.1:9090/api/v1/write',
};
const HISTOGRAMS = { classic: 'classic', native: 'native' } as const;
const PREFIX = 'BRUNT_PROMETHEUS_RW_';

/** Bounds of histograms of times: seconds, ascending. */
function readBounds(text: string | null, problems: Problem[]): readonly number[] | undefined {
  if (text === null || text === '') return undefined;
  const bounds = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const right = bounds.every(
    (bound, i) => bound > (i === 0 ? 0 : (bounds[i - 1] as number)) && Number.isFinite(bound),
  );
  if (right) return bounds;
  problems.push({
    message: `buckets is '${text}': it must be rising numbers of seconds, separated by commas.`,
    hint: 'Write it like buckets=0.1,0.25,0.5,1',
  });
  return undefined;
}

export function readScrapeSettings({ target = '' }: OutputSpec): ScrapeSettings {
  const problems: Problem[] = [];
  const [place = '', query = ''] = target.split('?', 2);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name === 'buckets' || name === 'linger') continue;
    problems.push({ message: `there is no parameter '${name}'; there is ${orList(['buckets', 'linger'])}.` });
  }
  const timeBounds = readBounds(parameters.get('buckets'), problems);
  const linger = parameters.get('linger');
  const lingerMs = linger === null ? DEFAULT_LINGER_MS : (parseDuration(linger) ?? Number.NaN);
  if (!(lingerMs >= 0 && lingerMs <= LONGEST_LINGER_MS)) {
    problems.push({
      message: `linger is '${linger}': it must be a time of at most ${LONGEST_LINGER_MS / 60_000}m.`,
      hint: 'Write it like linger=20s',
    });
  }
  const match = /^(?:(?<host>\[[0-9a-f:.]+\]|[^:[\]/@\s]+):)?(?<port>\d+)$/i.exec(place);
  const port = place === '' ? DEFAULT_PORT : Number(match?.groups?.port ?? Number.NaN);
  if (!(port >= 0 && port <= 65_535)) {
    problems.push({
      message: `'${place}' is no place to be scraped at: it must be PORT or HOST:PORT.`,
      hint: `Write it like ${SCRAPE_EXAMPLE}`,
    });
  }
  throwIfAny(problems);
  return { host: match?.groups?.host?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port, timeBounds, lingerMs };
}

/** `Name: value` pairs, separated by commas or lines. */
function readHeaders(text: string, problems: Problem[]): readonly (readonly [string, string])[] {
  return text
    .split(/[,\n]/)
    .filter((part) => part.trim() !== '')
    .flatMap((part, i) => {
      const [, name, value] =
        /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*([\t\x20-\x7e]*?)\s*$/.exec(part) ?? [];
      if (name !== undefined && value !== undefined) return [[name.toLowerCase(), value] as const];
      // Not the part itself: it may be a secret.
      problems.push({
        where: `${PREFIX}HTTP_HEADERS`,
        message: `part ${i + 1} is no header.`,
        hint: 'Write it like X-Scope-OrgID: team-a, X-Other: value',
      });
      return [];
    });
}

function credentialsOf(url: URL, variable: (name: string) => string | undefined): string | undefined {
  const token = variable('BEARER_TOKEN');
  const username = variable('USERNAME') ?? decodeURIComponent(url.username);
  const password = variable('PASSWORD') ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  if (token !== undefined) return `Bearer ${token}`;
  if (username === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readTarget(
  { target }: OutputSpec,
  variable: string | undefined,
  problems: Problem[],
): URL | undefined {
  if (target !== undefined) return readUrl(target, WRITE_FORM, problems);
  if (variable !== undefined) return readUrl(variable, WRITE_FORM, problems, `${PREFIX}SERVER_URL`);
  const hint = `Write it like ${WRITE_FORM.example}, or set ${PREFIX}SERVER_URL`;
  problems.push({ message: 'there is no target.', hint });
  return undefined;
}

export function readRemoteWriteSettings(spec: OutputSpec, env: OutputContext['env']): RemoteWriteSettings {
  const problems: Problem[] = [];
  const variable = (name: string): string | undefined => env[PREFIX + name]?.trim() || undefined;
  const url = readTarget(spec, variable('SERVER_URL'), problems) ?? new URL('http://127.0.0.1/');
  // What the URL holds beside our own is left as it is written.
  const own = { histograms: url.searchParams.get('histograms'), buckets: url.searchParams.get('buckets') };
  url.searchParams.delete('histograms');
  url.searchParams.delete('buckets');
  const histograms = readWord(own.histograms ?? undefined, HISTOGRAMS, 'classic', problems, {
    name: 'histograms',
  });
  const timeBounds = readBounds(own.buckets, problems);
  const credentials = credentialsOf(url, variable);
  const headers = readHeaders(variable('HTTP_HEADERS') ?? '', problems);
  const interval = variable('PUSH_INTERVAL');
  const pushIntervalMs = interval === undefined ? 1000 : (parseDuration(interval) ?? Number.NaN);
  if (!(pushIntervalMs >= 1000)) {
    problems.push({
      where: `${PREFIX}PUSH_INTERVAL`,
      message: `it is '${interval}': it must be a time of at least 1s.`,
      hint: 'Write it like 5s',
    });
  }
  throwIfAny(problems);
  return {
    url,
    headers: {
      ...(credentials === undefined ? {} : { authorization: credentials }),
      ...Object.fromEntries(headers),
    },
    nativeHistograms: histograms === 'native',
    timeBounds,
    pushIntervalMs,
  };
}
