/** What scripts see of GraphQL. Types only. */

import type { RequestParams, RequestUrl, Response, Timings } from '../http/types.ts';

export type Variables = Readonly<Record<string, unknown>>;

/**
 * A document that knows the types of its data and variables, as code generators make them (`TypedDocumentNode`,
 * `TypedDocumentString`).
 */
export interface TypedDocument<Data, Vars> {
  /** Never there at run time; carries the types. */
  readonly __apiType?: (variables: Vars) => Data;
}

export interface GraphqlRequest<Data, Vars> {
  /** Text, or a document of a code generator. */
  readonly query: string | TypedDocument<Data, Vars>;
  readonly variables?: Vars;
  /** Which operation of the document to run, and the request's name. Default: the document's first named operation. */
  readonly operationName?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Those of an HTTP request without a body, and four more. */
export interface GraphqlParams
  extends Omit<
    RequestParams,
    'json' | 'query' | 'responseType' | 'expectedStatuses' | 'responseCallback' | 'redirects'
  > {
  /** GET puts the operation into the URL, for caches; mutations are always sent by POST. Default POST. */
  readonly method?: 'GET' | 'POST';
  /** Sends the document's hash first, and the document only to a server that does not know it. Default false. */
  readonly persisted?: boolean;
  /** Errors in the body do not count as failed. Default false. */
  readonly allowErrors?: boolean;
}

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface GraphqlResponse<Data = Readonly<Record<string, unknown>>> {
  /** True for a response with an expected status, a GraphQL result as its body, and no errors in it. */
  readonly ok: boolean;
  /** Null where there is none; with errors it may be there in part. */
  readonly data: Data | null;
  /** Empty where there are none. */
  readonly errors: readonly GraphqlError[];
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Of the HTTP response; 0 where there was none. */
  readonly status: number;
  /** What went wrong: without a response, with a body that is no GraphQL result, or the first of `errors`; else ''. */
  readonly error: string;
  /** 1750 for errors in the body, 1751 for a body that is no GraphQL result, else that of the HTTP response. */
  readonly errorCode: number;
  readonly timings: Timings;
  /** The HTTP response. */
  readonly response: Response;
}

/**
 * Runs a GraphQL operation by HTTP. The operation's name is the request's `name`; errors in the body count as failed
 * (`http_req_failed`), whatever the status.
 */
export type Graphql = <Data = Readonly<Record<string, unknown>>, Vars extends object = Variables>(
  url: RequestUrl,
  request: GraphqlRequest<Data, Vars>,
  params?: GraphqlParams,
) => Promise<GraphqlResponse<Data>>;
