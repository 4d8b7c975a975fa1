/**
 * Where and how a StatsD output sends: `host:port`, `udp://host:port` or `tcp://host:port`, then
 *
 *     ?prefix=load.       before every name; default `brunt.`
 *     ?tags=name          tags as parts of the name, for servers that know none; default `dogstatsd`
 */

import type { Problem } from '../../../dsl/errors.ts';
import type { OutputSpec } from '../spec.ts';
import { readUrl, readWord, takeParameters, throwIfAny } from '../target.ts';
import type { TagStyle } from './lines.ts';

export interface StatsdSettings {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
  readonly tags: TagStyle;
}

const DEFAULT_TARGET = 'udp://127.0.0.1:8125';
const DEFAULT_PORT = 8125;
const DEFAULT_PREFIX = 'brunt.';
const URL_FORM = { schemes: ['udp', 'tcp'], example: '127.0.0.1:8125 or tcp://127.0.0.1:8125' };
const TAG_STYLES = { dogstatsd: 'dogstatsd', name: 'name' } as const;

/** Letters, digits and what StatsD's names have between them. */
const PREFIX = /^[A-Za-z0-9_.-]*$/;

function targetUrl(target: string, problems: Problem[]): URL {
  if (/^unix(?:gram|stream)?:/i.test(target)) {
    problems.push({
      message: 'Unix sockets of StatsD servers take datagrams, which Node.js has only for UDP.',
      hint: "Use the server's UDP or TCP port",
    });
    return new URL(DEFAULT_TARGET);
  }
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(target) ? target : `udp://${target}`;
  return readUrl(text, URL_FORM, problems) ?? new URL(DEFAULT_TARGET);
}

/** Throws a ConfigError with all problems. */
export function readStatsdSettings(spec: OutputSpec): StatsdSettings {
  const problems: Problem[] = [];
  const url = targetUrl(spec.target ?? DEFAULT_TARGET, problems);
  const parameters = takeParameters(url, ['prefix', 'tags'], problems);
  if (url.pathname !== '' && url.pathname !== '/') {
    problems.push({ message: `a StatsD server has no path, and '${url.pathname}' is one.` });
  }
  const prefix = parameters.get('prefix') ?? DEFAULT_PREFIX;
  if (!PREFIX.test(prefix)) {
    problems.push({
      message: `prefix is '${prefix}': it must be of letters, digits, dots, dashes and underscores.`,
    });
  }
  const tags = readWord(parameters.get('tags'), TAG_STYLES, 'dogstatsd', problems, { name: 'tags' });
  throwIfAny(problems);
  return {
    transport: url.protocol === 'tcp:' ? 'tcp' : 'udp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    prefix,
    tags,
  };
}
