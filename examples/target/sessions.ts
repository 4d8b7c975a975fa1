import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export const SESSION_COOKIE = 'session';

/** The one password of the demo: any user name may log in with it. */
export const DEMO_PASSWORD = 'demo';

/** A load test logs in without end and out never; past this number the oldest session goes. */
const MAX_SESSIONS = 50_000;

/** The token in a request's session cookie or `Authorization: Bearer` header. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '');
  if (bearer !== null) return bearer[1];
  for (const pair of (headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim() === SESSION_COOKIE) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** Who is logged in, by token. */
export class Sessions {
  readonly #users = new Map<string, string>();

  get size(): number {
    return this.#users.size;
  }

  /** Starts a session and returns its token. */
  open(user: string): string {
    const token = randomBytes(16).toString('hex');
    this.#users.set(token, user);
    if (this.#users.size > MAX_SESSIONS) {
      for (const oldest of this.#users.keys()) {
        this.#users.delete(oldest);
        break;
      }
    }
    return token;
  }

  userOf(headers: IncomingHttpHeaders): string | undefined {
    const token = tokenOf(headers);
    return token === undefined ? undefined : this.#users.get(token);
  }

  close(headers: IncomingHttpHeaders): void {
    const token = tokenOf(headers);
    if (token !== undefined) this.#users.delete(token);
  }
}

/** Value of the `Set-Cookie` header that hands out a token, or with `undefined` takes it back. */
export function sessionCookie(token: string | undefined): string {
  const attributes = 'Path=/; HttpOnly; SameSite=Lax';
  return token === undefined
    ? `${SESSION_COOKIE}=; ${attributes}; Max-Age=0`
    : `${SESSION_COOKIE}=${token}; ${attributes}`;
}
