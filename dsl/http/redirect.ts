/**
 * The next request of a redirect, by k6's (Go's) rules.
 *
 *     301, 302, 303    GET without body; HEAD stays HEAD
 *     307, 308         the same method and body
 *
 * A user's Authorization and Cookie headers stay behind when the origin (scheme, host, port) changes.
 */

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

export function redirectMethod(status: number, method: string): string {
  if (status === 307 || status === 308 || method === 'GET' || method === 'HEAD') return method;
  return 'GET';
}

/** Headers for the next request: without those of a dropped body, without credentials for another origin. */
export function redirectHeaders(
  headers: readonly (string | string[])[],
  dropsBody: boolean,
  otherOrigin: boolean,
): readonly (string | string[])[] {
  if (!dropsBody && !otherOrigin) return headers;
  const kept: (string | string[])[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = String(headers[i]).toLowerCase();
    if (dropsBody && name.startsWith('content-')) continue;
    if (otherOrigin && (name === 'authorization' || name === 'cookie' || name === 'host')) continue;
    kept.push(headers[i] as string, headers[i + 1] as string | string[]);
  }
  return kept;
}
