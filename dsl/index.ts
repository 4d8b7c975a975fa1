/**
 * The package's public face: what `import … from 'brunt'` is to the type checker, and in a process that is no worker
 * of a run. In a run every VU gets its own instances of the same names (`dsl/api.ts`).
 */

import './globals.ts';
import type { Api } from './api.ts';
import { outside } from './outside.ts';

export { Counter, Gauge, Rate, Trend } from './custom-metrics.ts';
export { FailError, InterruptedError } from './errors.ts';
export { parseHtml as parseHTML } from './html/selection.ts';
export { defineOptions } from './options.ts';

/** Requests over HTTP. */
export const http: Api['http'] = outside('http');
/** The WHATWG `fetch`, measured; for clients that take a `fetch`. */
export const fetch: Api['fetch'] = outside('fetch');
/** WebSockets. */
export const ws: Api['ws'] = outside('ws');
/** Streams of server-sent events. */
export const sse: Api['sse'] = outside('sse');
/** GraphQL operations over HTTP. */
export const graphql: Api['graphql'] = outside('graphql');
/** Times any piece of work. */
export const measure: Api['measure'] = outside('measure');
/** Counts conditions instead of throwing. */
export const check: Api['check'] = outside('check');
/** Waits: seconds as a number, or a duration such as `'300ms'`. */
export const sleep: Api['sleep'] = outside('sleep');
/** Puts a name on a part of the iteration. */
export const group: Api['group'] = outside('group');
/** Ends the iteration as failed. */
export const fail: Api['fail'] = outside('fail');
/** Restarts this VU's random sequence (`Math.random`). */
export const randomSeed: Api['randomSeed'] = outside('randomSeed');
/** Data built once per process and read by all VUs: `shared('users', () => [...])`. Module code only. */
export const shared: Api['shared'] = outside('shared');
/** Rows of a CSV file, shared by all VUs. Module code only. */
export const csv: Api['csv'] = outside('csv');
/** A JSON file, shared by all VUs. Module code only. */
export const json: Api['json'] = outside('json');
/** Hands out items in an order: sequential, random, or each to one VU only. Module code only. */
export const feed: Api['feed'] = outside('feed');
/** A number that all VUs count on. */
export const counter: Api['counter'] = outside('counter');
/** The virtual user that runs this code. */
export const vu: Api['vu'] = outside('vu');
/** The run as a whole. */
export const test: Api['test'] = outside('test');
/** Environment variables, with those of `-e` and of the scenario; the same as `__ENV`. */
export const env: Api['env'] = outside('env');

export type { CheckFunction, Predicate } from './check.ts';
export type { TestControl, Vu } from './context.ts';
export type { Shared, SharedCounter } from './data.ts';
export type { Duration } from './duration.ts';
export type { Feed, FeedOptions } from './feed.ts';
export type { FailFunction, GroupFunction, SleepFunction } from './flow.ts';
export type {
  Graphql,
  GraphqlError,
  GraphqlParams,
  GraphqlRequest,
  GraphqlResponse,
  TypedDocument,
} from './graphql/types.ts';
export type { Selection } from './html/selection.ts';
export type {
  BatchEntry,
  ClickLink,
  ClientHooks,
  ClientOptions,
  Fetch,
  FetchInit,
  HookRequest,
  Http,
  NodeAgents,
  Redirect,
  RequestBody,
  RequestNamer,
  RequestParams,
  RequestUrl,
  Response,
  ResponseCookie,
  ResponseType,
  Retry,
  SubmitForm,
  Timings,
  TraceIds,
} from './http/types.ts';
export type { MeasureFunction, MeasureParams, Measuring } from './measure.ts';
export type {
  Burst,
  Capacity,
  ConstantArrivalRate,
  ConstantVus,
  ExecutorName,
  Options,
  PerVuIterations,
  RampingArrivalRate,
  RampingVus,
  ScenarioOptions,
  SharedIterations,
  Stage,
  ThresholdInput,
  ThresholdObject,
} from './options.ts';
export type { Sse, SseEvent, SseParams, SseStream } from './sse/types.ts';
export type {
  Ws,
  WsClosure,
  WsEvents,
  WsMessage,
  WsParams,
  WsPayload,
  WsRequestParams,
  WsSocket,
} from './ws/types.ts';

// Not exported: hosts, recorders, plans, messages and everything else that a script does not say.
