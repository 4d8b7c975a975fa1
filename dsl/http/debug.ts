/** `--http-debug`: requests and responses as lines for the user, credentials masked. */

import { STATUS_CODES } from 'node:http';
import type { VuHost } from '../host.ts';
import { maskHeader } from './mask.ts';
import type { RawHeaders } from './raw-headers.ts';

/** Longest body that is printed, in bytes. */
const BODY_LIMIT = 10_000;

function line(name: string, value: string): string {
  return `${name}: ${maskHeader(name, value)}`;
}

function bodyLines(host: VuHost, body: Buffer | undefined): string {
  if (host.options.httpDebug !== 'full' || body === undefined || body.length === 0) return '';
  const shown = body.subarray(0, BODY_LIMIT).toString();
  const rest = body.length - BODY_LIMIT;
  return `\n\n${shown}${rest > 0 ? `\n… ${rest} bytes more` : ''}`;
}

export function logRequest(
  host: VuHost,
  method: string,
  path: string,
  authority: string,
  headers: readonly (string | string[])[],
  body: Buffer | undefined,
  proto: string,
): void {
  let text = `> ${method} ${path} ${proto}\n`;
  const lines: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    lines.push(line(String(headers[i]), String(headers[i + 1])));
  if (!lines.some((each) => /^host:/i.test(each))) lines.unshift(`host: ${authority}`);
  if (body !== undefined) lines.push(`content-length: ${body.length}`);
  text += lines.join('\n') + bodyLines(host, body);
  host.log('info', text);
}

export interface LoggedResponse {
  readonly method: string;
  readonly href: string;
  readonly status: number;
  readonly rawHeaders: RawHeaders;
  readonly responseBody: Buffer;
  readonly error: string;
  readonly errorCode: number;
  readonly proto: string;
  readonly timings: { readonly duration: number };
}

export function logResponse(host: VuHost, response: LoggedResponse): void {
  const { method, href, status, rawHeaders, timings } = response;
  if (status === 0) {
    host.log('info', `< ${method} ${href} failed: ${response.error} (${response.errorCode})`);
    return;
  }
  const lines = [
    `< ${response.proto} ${status} ${STATUS_CODES[status] ?? ''} (${timings.duration.toFixed(1)} ms)`,
  ];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    lines.push(
      line((rawHeaders[i] as Buffer).toString('latin1'), (rawHeaders[i + 1] as Buffer).toString('latin1')),
    );
  }
  host.log('info', lines.join('\n') + bodyLines(host, response.responseBody));
}
