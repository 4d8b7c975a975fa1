/** All that one VU's HTTP keeps from request to request: connections, cookies, defaults, what is under way. */

import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import { CookieJar } from './cookie-jar.ts';
import { DEFAULT_EXPECTED, type ExpectedStatuses } from './expected-statuses.ts';
import { type Defaults, defaultPlan, type Plan } from './params.ts';
import { ConnectionPool } from './pool.ts';
import type { HttpResponse } from './response.ts';
import { type Transport, transportOf } from './transport.ts';
import { UnderWay } from './under-way.ts';

/** A request as scripts write it, read and checked when it is sent. */
export type SendAny = (method: string, url: unknown, body: unknown, params: unknown) => Promise<HttpResponse>;

/** The pool of `connections: 'shared'`, one per thread, and how many VUs use it. */
let sharedPool: ConnectionPool | undefined;
let sharedUsers = 0;

const sessions = new WeakMap<VuHost, Session>();

/** The VU's session: `http` and what else speaks HTTP (the handshake of WebSockets, event streams) share its cookies. */
export function sessionOf(host: VuHost): Session {
  let session = sessions.get(host);
  if (session === undefined) {
    session = new Session(host);
    sessions.set(host, session);
  }
  return session;
}

export class Session {
  readonly host: VuHost;
  readonly jar = new CookieJar();
  readonly underWay = new UnderWay();
  /** Those of `underWay` whose bodies the script reads as streams. */
  readonly streaming = new Set<{ dropBody(): void }>();
  /** For what a response leads to (forms, links); `http` puts it here. */
  send: SendAny = () => Promise.reject(new Error('this session sends nothing yet'));
  #defaults: Defaults | undefined;
  #plan: Plan | undefined;
  #pool: ConnectionPool | undefined;
  #expected: ExpectedStatuses | null = DEFAULT_EXPECTED;
  #warnedOfRedirects = false;
  #warnedOfDigest = false;

  constructor(host: VuHost) {
    this.host = host;
    host.onInterrupt((reason) => {
      const error = reason instanceof InterruptedError ? reason : new InterruptedError(reason.message);
      this.underWay.abortAll(error);
    });
    host.onIterationEnd(() => {
      if (this.streaming.size > 0) for (const request of [...this.streaming]) request.dropBody();
      if (!host.options.noCookiesReset) this.jar.clear();
      if (this.#pool !== undefined && this.#pool !== sharedPool && host.options.noVUConnectionReuse) {
        this.#pool.closeIdle(new Error('closed at the end of the iteration'));
      }
    });
    host.onRetire(() => this.#retire());
  }

  /** Read at the first request, not before: options do not exist yet while modules load. */
  get defaults(): Defaults {
    const { options } = this.host;
    this.#defaults ??= {
      redirects: options.maxRedirects,
      throws: options.throw,
      responseType: options.discardResponseBodies ? 'none' : 'text',
      userAgent: options.userAgent,
      traceContext: options.traceContext,
      transport: () => this.transport,
      expected: this.#expected,
    };
    return this.#defaults;
  }

  /** For requests without params. */
  get plan(): Plan {
    this.#plan ??= defaultPlan(this.defaults);
    return this.#plan;
  }

  /** How connections are made for requests that say nothing else. */
  get transport(): Transport {
    return transportOf(this.host);
  }

  get pool(): ConnectionPool {
    if (this.#pool !== undefined) return this.#pool;
    const { options } = this.host;
    if (options.connections === 'shared') {
      sharedPool ??= new ConnectionPool(this.transport, !options.noConnectionReuse);
      sharedUsers++;
      this.#pool = sharedPool;
    } else {
      this.#pool = new ConnectionPool(this.transport, !options.noConnectionReuse);
    }
    return this.#pool;
  }

  expect(expected: ExpectedStatuses | null): void {
    this.#expected = expected;
    this.#defaults = undefined;
    this.#plan = undefined;
  }

  /** Once per VU: the server wants a scheme that `auth: 'digest'` is not. */
  warnOfDigest(label: string): void {
    if (this.#warnedOfDigest) return;
    this.#warnedOfDigest = true;
    this.host.log('warn', `${label}: status 401 without a Digest challenge that can be answered`);
  }

  warnOfRedirects(limit: number, label: string): void {
    if (this.#warnedOfRedirects) return;
    this.#warnedOfRedirects = true;
    this.host.log('warn', `${label}: stopped after ${limit} redirects; the last one is returned`);
  }

  async #retire(): Promise<void> {
    const reason = new InterruptedError('the VU was retired');
    this.underWay.abortAll(reason);
    const pool = this.#pool;
    this.#pool = undefined;
    if (pool === undefined) return;
    if (pool === sharedPool) {
      sharedUsers--;
      if (sharedUsers > 0) return;
      sharedPool = undefined;
    }
    await pool.close(reason);
  }
}
