import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './http-error.ts';
import type { HANDLED, Reply } from './reply.ts';

/** One request, taken apart. */
export interface Exchange {
  readonly method: string;
  /** Values of the pattern's `:names`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export type Handler = (exchange: Exchange) => Reply | typeof HANDLED | Promise<Reply | typeof HANDLED>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Segments; one that starts with `:` matches any text: `/products/:id`. */
  readonly pattern: string;
  /** For the page at `/`. */
  readonly says: string;
  readonly handle: Handler;
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(400, `'${segment}' in the path is not well-formed percent encoding`);
  }
}

function paramsOf(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const actual = path[at] as string;
    if (!expected.startsWith(':')) {
      if (expected !== actual) return undefined;
    } else if (actual === '') {
      return undefined;
    } else {
      params[expected.slice(1)] = decoded(actual);
    }
  }
  return params;
}

/**
 * Finds routes by path, then by method: a known path with another method is a 405 that lists what is allowed.
 * HEAD is served by the GET route (Node leaves the body out).
 */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const table = routes.map((route) => ({ route, segments: route.pattern.split('/') }));
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const segments = path.split('/');
    const allowed: string[] = [];
    for (const entry of table) {
      const params = paramsOf(entry.segments, segments);
      if (params === undefined) continue;
      if (entry.route.method === wanted) return { route: entry.route, params };
      allowed.push(entry.route.method);
    }
    if (allowed.length === 0) throw new HttpError(404, `there is no ${path}; GET / lists what there is`);
    throw new HttpError(405, `${path} does not take ${method}`, { allow: allowed.join(', ') });
  };
}
