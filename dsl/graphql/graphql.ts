/**
 * `graphql`: operations over a VU's `http`, so that connections, cookies, phases, debugging and interruption are the
 * same. A body with errors makes its request a failed one: it is looked at before the request is recorded.
 */

import { JUDGE, type Judge, type Verdict } from '../http/judge.ts';
import type { Http, RequestParams, RequestUrl, Response, Timings } from '../http/types.ts';
import { readObject } from '../params.ts';
import { type Document, documentOf } from './document.ts';
import type { Graphql, GraphqlError, GraphqlParams, GraphqlRequest, GraphqlResponse } from './types.ts';

export const GRAPHQL_CODE = {
  /** The body has errors. */
  errors: 1750,
  /** The body is no GraphQL result. */
  noResult: 1751,
} as const;

/** Params of HTTP that an operation decides itself. */
const OURS = ['json', 'query', 'responseType', 'expectedStatuses', 'responseCallback', 'redirects'] as const;
const REQUEST = ['query', 'variables', 'operationName', 'extensions'] as const;

/** Longest part of a server's message that groups errors; what follows tends to differ from request to request. */
const MESSAGE_LENGTH = 200;

interface Result {
  readonly data: unknown;
  readonly errors: readonly GraphqlError[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined for a body that is no GraphQL result: neither data nor errors. */
function resultOf(body: string): Result | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
  if (!isRecord(parsed) || !('data' in parsed || Array.isArray(parsed.errors))) return undefined;
  const { data = null, errors, extensions } = parsed;
  return {
    data,
    errors: Array.isArray(errors) ? (errors as GraphqlError[]).map(asError) : [],
    extensions: isRecord(extensions) ? extensions : {},
  };
}

function asError(error: unknown): GraphqlError {
  if (!isRecord(error)) return { message: String(error) };
  return typeof error.message === 'string'
    ? (error as unknown as GraphqlError)
    : { ...error, message: JSON.stringify(error) };
}

function messageOf(errors: readonly GraphqlError[]): string {
  const [first] = errors;
  if (first === undefined) return '';
  const code = first.extensions?.code;
  const message = first.message.slice(0, MESSAGE_LENGTH);
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}

/** What servers say that do not know a hash, by message or by code (Apollo's convention). */
function isUnknownHash(result: Result): boolean {
  return result.errors.some(
    ({ message, extensions }) =>
      message === 'PersistedQueryNotFound' || extensions?.code === 'PERSISTED_QUERY_NOT_FOUND',
  );
}

/** Looks at one response: whether it failed, and what it holds. */
class Reader {
  result: Result | undefined;
  readonly #allowErrors: boolean;
  readonly #tryHash: boolean;

  constructor(allowErrors: boolean, tryHash: boolean) {
    this.#allowErrors = allowErrors;
    this.#tryHash = tryHash;
  }

  readonly judge: Judge = (status, body): Verdict | undefined => {
    this.result = resultOf(body);
    // A redirect, and an error page of whatever stands before the server, are judged by their status.
    if (this.result === undefined) {
      return status >= 300
        ? undefined
        : { code: GRAPHQL_CODE.noResult, message: 'the body is not a GraphQL result' };
    }
    const { errors } = this.result;
    if (errors.length === 0 || this.#allowErrors) return undefined;
    // Not knowing a hash yet is how persisted queries work.
    if (this.#tryHash && isUnknownHash(this.result)) return undefined;
    return { code: GRAPHQL_CODE.errors, message: `GraphQL error: ${messageOf(errors)}` };
  };
}

class GraphqlResult implements GraphqlResponse<unknown> {
  readonly response: Response;
  readonly data: unknown;
  readonly errors: readonly GraphqlError[];
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly error: string;
  readonly errorCode: number;
  readonly ok: boolean;

  constructor(response: Response, result: Result | undefined) {
    this.response = response;
    this.data = result?.data ?? null;
    this.errors = result?.errors ?? [];
    this.extensions = result?.extensions ?? {};
    const noResult = result === undefined && response.status >= 200 && response.status < 300;
    if (this.errors.length > 0) {
      this.error = messageOf(this.errors);
      this.errorCode = GRAPHQL_CODE.errors;
    } else if (noResult) {
      this.error = 'the body is not a GraphQL result';
      this.errorCode = GRAPHQL_CODE.noResult;
    } else {
      this.error = response.error;
      this.errorCode = response.errorCode;
    }
    this.ok =
      result !== undefined && this.errors.length === 0 && response.status >= 200 && response.status < 300;
  }

  get status(): number {
    return this.response.status;
  }

  get timings(): Timings {
    return this.response.timings;
  }

  /** What `console.log` and `JSON.stringify` show. */
  toJSON(): Record<string, unknown> {
    const { status, data, errors, extensions, error, errorCode, timings } = this;
    return { status, data, errors, extensions, error, errorCode, timings };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON();
  }
}

interface Call {
  readonly url: RequestUrl;
  readonly method: 'GET' | 'POST';
  readonly document: Document;
  readonly request: GraphqlRequest<unknown, object>;
  readonly http: RequestParams;
  readonly operationName: string | undefined;
}

function payloadOf(call: Call, withText: boolean, withHash: boolean): Record<string, unknown> {
  const { document, request, operationName } = call;
  const extensions = withHash
    ? { ...request.extensions, persistedQuery: { version: 1, sha256Hash: document.sha256 } }
    : request.extensions;
  return {
    ...(withText ? { query: document.text } : {}),
    ...(operationName === undefined ? {} : { operationName }),
    ...(request.variables === undefined ? {} : { variables: request.variables }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** In a URL, everything but texts is JSON (GraphQL over HTTP). */
function queryOf(payload: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function readCall(url: RequestUrl, request: unknown, given: GraphqlParams): Call {
  if (!isRecord(request)) throw new TypeError('graphql(url, { query, variables? }): there is no { query }');
  const read = readObject<GraphqlRequest<unknown, object>>('graphql request', request, REQUEST);
  const document = documentOf(read.query);
  const operation = document.operation(read.operationName);
  if (read.operationName !== undefined && operation === undefined) {
    const names = document.operations.map(({ name }) => name ?? '(without a name)').join(', ');
    throw new TypeError(`graphql: the document has no operation ${read.operationName}; it has ${names}`);
  }
  for (const key of OURS) {
    if (key in given) throw new TypeError(`graphql params: ${key} is not one that an operation takes`);
  }
  const { method = 'POST', persisted: _, allowErrors: __, ...http } = given;
  if (method !== 'GET' && method !== 'POST') {
    throw new TypeError(`graphql params.method: ${JSON.stringify(method)} is neither 'GET' nor 'POST'`);
  }
  const name = operation?.name;
  return {
    url,
    document,
    request: read,
    // Only needed where there is a choice, but servers log it.
    operationName: name,
    method: operation?.kind === 'mutation' ? 'POST' : method,
    http: {
      ...http,
      headers: { accept: 'application/graphql-response+json, application/json', ...given.headers },
      tags: { ...(name === undefined ? {} : { name }), ...given.tags },
      responseType: 'text',
    },
  };
}

export function createGraphql(http: Http): Graphql {
  const send = async (
    call: Call,
    reader: Reader,
    withText: boolean,
    withHash: boolean,
  ): Promise<Response> => {
    const payload = payloadOf(call, withText, withHash);
    const params = {
      ...call.http,
      [JUDGE]: reader.judge,
      ...(call.method === 'GET' ? { query: queryOf(payload) } : { json: payload }),
    };
    return http.request(call.method, call.url, null, params as RequestParams<'text'>);
  };
  const run = async (url: RequestUrl, request: unknown, params: unknown): Promise<GraphqlResult> => {
    if (params !== undefined && params !== null && !isRecord(params)) {
      throw new TypeError(`graphql params: an object was expected, not ${typeof params}`);
    }
    const given = (params ?? {}) as GraphqlParams;
    const call = readCall(url, request, given);
    const allowErrors = given.allowErrors === true;
    if (given.persisted === true) {
      const reader = new Reader(allowErrors, true);
      const response = await send(call, reader, false, true);
      if (reader.result === undefined || !isUnknownHash(reader.result)) {
        return new GraphqlResult(response, reader.result);
      }
    }
    const reader = new Reader(allowErrors, false);
    const response = await send(call, reader, true, given.persisted === true);
    return new GraphqlResult(response, reader.result);
  };
  return run as unknown as Graphql;
}
