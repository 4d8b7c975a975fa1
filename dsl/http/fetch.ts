/**
 * `fetch` over the VU's own connections, so that clients which take a `fetch` (or use the global one inside of
 * `http.instrument`) are measured. It behaves as the WHATWG one does in Node, except that
 *
 *     cookies       are kept and sent, as in a browser (`credentials: 'omit'`: not)
 *     the promise   settles when the body has arrived, not with the headers
 *     the name      is the URL without its query, unless `params.tags.name` or a client says otherwise
 */

import type { Sender } from './client.ts';
import { HttpError } from './error-codes.ts';
import type { HttpResponse } from './response.ts';
import { refuseWhileLoading } from './send.ts';
import type { Session } from './session.ts';
import type { Fetch, FetchInit, RequestNamer, RequestParams } from './types.ts';
import { NamedUrl } from './url.ts';

/** Statuses whose responses have no body; `Response` refuses one. */
const NO_BODY = new Set([101, 103, 204, 205, 304]);

/** Name of a request that somebody else's code makes: ids in queries would make a name each. */
export function nameOf(method: string, url: URL, namer: RequestNamer | undefined): string {
  if (namer !== undefined) return namer({ method, url });
  return url.origin + url.pathname;
}

async function bodyOf(request: Request): Promise<Uint8Array | undefined> {
  if (request.body === null) return undefined;
  return new Uint8Array(await request.arrayBuffer());
}

function paramsOf(request: Request, own: RequestParams, name: string | undefined): RequestParams {
  const headers: Record<string, string> = {};
  for (const [key, value] of request.headers) headers[key] = value;
  return {
    ...(request.redirect === 'follow' ? {} : { redirects: 0 }),
    ...(request.credentials === 'omit' ? { jar: null } : {}),
    signal: request.signal,
    ...own,
    responseType: 'bytes',
    throw: false,
    headers: { ...headers, ...own.headers },
    tags: name === undefined ? (own.tags ?? {}) : { name, ...own.tags },
  };
}

function asResponse(response: HttpResponse): Response {
  const { status } = response;
  const headers = new Headers();
  for (const [name, value] of response.headerPairs()) headers.append(name, value);
  const body = NO_BODY.has(status) ? null : (response.bytes as Uint8Array<ArrayBuffer>);
  const made = new Response(body, { status, statusText: response.statusText, headers });
  Object.defineProperties(made, {
    url: { value: response.url },
    redirected: { value: response.redirects.length > 0 },
    type: { value: 'basic' },
  });
  return made;
}

/** What Node's fetch rejects with: a TypeError whose cause tells more. */
function failed(message: string, cause: unknown): TypeError {
  return new TypeError(message, { cause });
}

export function createFetch(session: Session, sender: Sender): Fetch {
  return async (input, init) => {
    refuseWhileLoading(session.host);
    const { params = {}, ...rest } = (init ?? {}) as FetchInit;
    const named = input instanceof NamedUrl;
    const target = named
      ? sender.resolve(input.url)
      : typeof input === 'string'
        ? sender.resolve(input)
        : input;
    const request = new Request(target as string | URL | Request, rest);
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    const name = named ? String(sender.resolve(input.name)) : nameOf(request.method, url, sender.name);
    const response = await sender.send(
      request.method,
      url.href,
      await bodyOf(request),
      paramsOf(request, params, name),
    );
    if (response.status === 0) {
      request.signal.throwIfAborted();
      throw failed('fetch failed', new HttpError(response.error, response.errorCode, response));
    }
    if (
      request.redirect === 'error' &&
      response.status >= 300 &&
      response.status < 400 &&
      response.header('location') !== undefined
    ) {
      throw failed('fetch failed', new Error('unexpected redirect'));
    }
    return asResponse(response);
  };
}
