/** From a call of a script to what sends it: everything is checked that can be checked before sending. */

import { InterruptedError } from '../errors.ts';
import type { TagSet, VuHost } from '../host.ts';
import type { Prepared } from './batch.ts';
import { encodeBody, encodeJson } from './body.ts';
import { bodySource } from './body-stream.ts';
import { isSpecial, runCall } from './call.ts';
import { CODE } from './error-codes.ts';
import { type CallInit, Exchange } from './exchange.ts';
import type { EncodedBody } from './multipart.ts';
import { checkSource, outgoing } from './outgoing.ts';
import { readParams } from './params.ts';
import type { HttpResponse } from './response.ts';
import type { Session } from './session.ts';
import { InvalidUrlError, NamedUrl, parseTarget, type Target, withoutUserInfo } from './url.ts';

const TOKEN = /^[A-Za-z!#$%&'*+.^_`|~-][\w!#$%&'*+.^`|~-]*$/;

export function readMethod(method: unknown): string {
  if (typeof method !== 'string' || !TOKEN.test(method)) {
    throw new TypeError(`http: ${JSON.stringify(method) ?? String(method)} is not a method such as 'GET'`);
  }
  const upper = method.toUpperCase();
  if (upper === 'CONNECT') throw new TypeError('http: CONNECT asks for a tunnel, which a request cannot use');
  return upper;
}

export function urlText(url: unknown): string {
  if (typeof url === 'string') return url;
  if (url instanceof NamedUrl) return url.url;
  if (url instanceof URL) return url.href;
  throw new TypeError(
    `http: a URL was expected (a string, a URL or http.url), not ${url === null ? 'null' : typeof url}`,
  );
}

/** Stands for a URL that cannot be parsed, so that the failure has a name. */
function nowhere(text: string): Target {
  const origin = { href: '', secure: false, host: '', port: 0, authority: '' };
  return { origin, path: '/', href: text, name: withoutUserInfo(text), authorization: undefined };
}

/** Modules are loaded to be read, also in threads that run nothing: what they send would reach the system unasked. */
export function refuseWhileLoading(host: VuHost): void {
  if (!host.initializing) return;
  throw new Error(
    'http requests cannot be sent while the script loads; send them in setup() or in an iteration',
  );
}

/** Checks everything that can be checked before sending; what it returns sends. */
export function prepare(
  session: Session,
  method: string,
  url: unknown,
  body: unknown,
  params: unknown,
): Prepared & { readonly target: Target } {
  refuseWhileLoading(session.host);
  const text = urlText(url);
  const plan =
    params === undefined || params === null
      ? session.plan
      : readParams(params, session.plan, session.defaults);
  let target: Target;
  let invalid: string | undefined;
  try {
    target = parseTarget(text);
  } catch (error) {
    if (!(error instanceof InvalidUrlError)) throw error;
    target = nowhere(text);
    invalid = error.message;
  }
  if (plan.hasJson && body !== undefined && body !== null) {
    throw new TypeError('http: give either a body or params.json, not both');
  }
  const source = bodySource(body);
  if (source !== undefined) checkSource(plan);
  const encoded =
    source !== undefined
      ? undefined
      : plan.hasJson
        ? encodeJson(plan.json)
        : encodeBody(body, plan.contentType);
  if (encoded !== undefined && 'stream' in encoded) checkSource(plan);
  let name = url instanceof NamedUrl ? url.name : undefined;
  const { host } = session;
  let tags: TagSet = host.tags();
  if (plan.tags !== undefined) {
    for (const key of Object.keys(plan.tags)) {
      const value = plan.tags[key];
      if (value === undefined) continue;
      if (key === 'name') name = String(value);
      else tags = tags.with(key, String(value));
    }
  }
  const init = (bytes: EncodedBody | undefined): CallInit => ({
    session,
    plan,
    tags,
    method,
    target,
    name,
    ...outgoing(plan, bytes, source),
  });
  const run = (bytes: EncodedBody | undefined): Promise<HttpResponse> =>
    isSpecial(plan) ? runCall(init(bytes)) : new Exchange(init(bytes)).run();
  return {
    target,
    host: target.origin.authority,
    start: () => {
      if (host.interrupted) return Promise.reject(new InterruptedError());
      if (invalid !== undefined) {
        return new Exchange(init(undefined)).refuse({ code: CODE.invalidUrl, message: invalid });
      }
      if (!(encoded instanceof Promise)) return run(encoded);
      return encoded.then((bytes) => {
        if (host.interrupted) throw new InterruptedError();
        return run(bytes);
      });
    },
  };
}

/** The shortest way for the commonest call: a URL, no body, no params. */
export function send(
  session: Session,
  method: string,
  url: unknown,
  body: unknown,
  params: unknown,
): Promise<HttpResponse> {
  if (
    typeof url === 'string' &&
    (body === undefined || body === null) &&
    (params === undefined || params === null)
  ) {
    let target: Target | undefined;
    try {
      target = parseTarget(url);
    } catch (error) {
      if (!(error instanceof InvalidUrlError)) throw error;
    }
    if (target !== undefined) {
      const { host } = session;
      refuseWhileLoading(host);
      const { plan } = session;
      if (plan.traceContext) return prepare(session, method, url, body, params).start();
      if (host.interrupted) return Promise.reject(new InterruptedError());
      const { headers } = plan;
      const tags = host.tags();
      return new Exchange({
        session,
        plan,
        tags,
        method,
        target,
        name: undefined,
        body: undefined,
        headers,
      }).run();
    }
  }
  return prepare(session, method, url, body, params).start();
}
