/**
 * Who may ask the dashboard. It listens on loopback only, yet a browser on this machine also runs pages of strangers:
 *
 *     attack                                                            what stops it
 *     ----------------------------------------------------------------  ----------------------------------------
 *     a stranger's name that resolves to 127.0.0.1 (DNS rebinding)      Host must be a name of this machine
 *     a stranger's page that asks from the browser, or frames the page  Sec-Fetch-Site, no CORS, frame-ancestors
 *
 * Any port will do in Host: behind `ssh -L 8080:127.0.0.1:5665` the browser says `localhost:8080`, and a rebound name
 * stays a stranger's whatever its port.
 */

import type { IncomingHttpHeaders } from 'node:http';

export interface Refusal {
  readonly status: 400 | 403 | 405;
  readonly reason: string;
}

const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

export interface Request {
  readonly method?: string | undefined;
  /** As on the wire: names and values by turns. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is not to be answered; undefined where it may be. */
export function refusalOf({ method, headers, rawHeaders }: Request): Refusal | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts !== 1) return { status: 400, reason: 'the request must name one Host' };
  if (!OWN_HOST.test(headers.host ?? '')) {
    return { status: 403, reason: 'ask for the dashboard as http://127.0.0.1 or http://localhost' };
  }
  const site = headers['sec-fetch-site'];
  // A link that was followed is the user's wish; all else from other sites is not.
  const followed = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !followed) {
    return { status: 403, reason: 'the dashboard answers its own page only' };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, reason: 'the dashboard can only be looked at' };
  }
  return undefined;
}
