/** Everything that `import … from 'brunt'` gives to one VU. */

import { type CheckFunction, createCheck } from './check.ts';
import { createTest, createVu, type TestControl, type Vu } from './context.ts';
import { Counter, Gauge, Rate, Trend } from './custom-metrics.ts';
import { createData, type Data } from './data.ts';
import { FailError, InterruptedError } from './errors.ts';
import {
  createGroup,
  createSleep,
  type FailFunction,
  fail,
  type GroupFunction,
  type SleepFunction,
} from './flow.ts';
import type { Graphql } from './graphql/types.ts';
import type { VuHost } from './host.ts';
import { parseHtml } from './html/selection.ts';
import type { Http } from './http/types.ts';
import { createMeasure, type MeasureFunction } from './measure.ts';
import { defineOptions } from './options.ts';
import type { Parts } from './parts.ts';
import type { Sse } from './sse/types.ts';
import type { Ws } from './ws/types.ts';

export interface Api extends Data {
  readonly http: Http;
  readonly ws: Ws;
  readonly sse: Sse;
  readonly graphql: Graphql;
  readonly fetch: Http['fetch'];
  readonly parseHTML: typeof parseHtml;
  readonly measure: MeasureFunction;
  readonly check: CheckFunction;
  readonly sleep: SleepFunction;
  readonly group: GroupFunction;
  readonly fail: FailFunction;
  readonly randomSeed: (seed: number) => void;
  readonly Counter: typeof Counter;
  readonly Gauge: typeof Gauge;
  readonly Rate: typeof Rate;
  readonly Trend: typeof Trend;
  readonly vu: Vu;
  readonly test: TestControl;
  readonly env: Readonly<Record<string, string>>;
  readonly FailError: typeof FailError;
  readonly InterruptedError: typeof InterruptedError;
  readonly defineOptions: typeof defineOptions;
}

function missingPart(name: string): never {
  throw new Error(`'${name}' of brunt was not loaded: the script's text must mention it by its name`);
}

/** `parts`: what the script mentions; asking for another part throws. */
export function createApi(host: VuHost, parts: Parts['named']): Api {
  let http: Http | undefined;
  let ws: Ws | undefined;
  let sse: Sse | undefined;
  let graphql: Graphql | undefined;
  const theHttp = (): Http => {
    http ??= (parts.http ?? missingPart('http')).createHttp(host);
    return http;
  };
  return {
    get http() {
      return theHttp();
    },
    get graphql() {
      graphql ??= (parts.graphql ?? missingPart('graphql')).createGraphql(theHttp());
      return graphql;
    },
    get fetch() {
      return theHttp().fetch;
    },
    parseHTML: parseHtml,
    measure: createMeasure(host),
    get ws() {
      ws ??= (parts.ws ?? missingPart('ws')).createWs(host);
      return ws;
    },
    get sse() {
      sse ??= (parts.sse ?? missingPart('sse')).createSse(host);
      return sse;
    },
    check: createCheck(host),
    sleep: createSleep(host),
    group: createGroup(host),
    fail,
    randomSeed: (seed) => host.seedRandom(Number(seed)),
    Counter,
    Gauge,
    Rate,
    Trend,
    vu: createVu(host),
    test: createTest(host),
    env: host.env,
    ...createData(host),
    FailError,
    InterruptedError,
    defineOptions,
  };
}
