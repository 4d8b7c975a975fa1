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

type Make<Name extends keyof Api> = (host: VuHost, parts: Parts['named'], api: Api) => Api[Name];

/** What a name stands for is made when the VU first asks for it: scripts use few of them, and there may be 10,000 VUs. */
const MAKE: { readonly [Name in keyof Api]: Make<Name> } = {
  http: (host, parts) => (parts.http ?? missingPart('http')).createHttp(host),
  check: createCheck,
  sleep: createSleep,
  env: (host) => host.env,
  vu: createVu,
  ws: (host, parts) => (parts.ws ?? missingPart('ws')).createWs(host),
  sse: (host, parts) => (parts.sse ?? missingPart('sse')).createSse(host),
  graphql: (_, parts, { http }) => (parts.graphql ?? missingPart('graphql')).createGraphql(http),
  fetch: (_host, _parts, { http }) => http.fetch,
  parseHTML: () => parseHtml,
  measure: createMeasure,
  group: createGroup,
  fail: () => fail,
  randomSeed: (host) => (seed) => host.seedRandom(Number(seed)),
  Counter: () => Counter,
  Gauge: () => Gauge,
  Rate: () => Rate,
  Trend: () => Trend,
  test: createTest,
  shared: (host) => dataOf(host).shared,
  csv: (host) => dataOf(host).csv,
  json: (host) => dataOf(host).json,
  feed: (host) => dataOf(host).feed,
  counter: (host) => dataOf(host).counter,
  FailError: () => FailError,
  InterruptedError: () => InterruptedError,
  defineOptions: () => defineOptions,
};

const DATA = new WeakMap<VuHost, Data>();

/** These names share a state: how many feeds a VU has over the same data. */
function dataOf(host: VuHost): Data {
  let data = DATA.get(host);
  if (data === undefined) {
    data = createData(host);
    DATA.set(host, data);
  }
  return data;
}

/**
 * The names are accessors of the object itself, so that `import * as` and spreading see them, but the same functions in
 * every VU. With getters of its own each object is a shape of its own to V8: 2 KB each, and slow to look anything up in.
 */
class VuApi {
  static readonly #names = Object.keys(MAKE) as (keyof Api)[];
  static readonly #accessors: PropertyDescriptorMap & ThisType<VuApi> = Object.fromEntries(
    VuApi.#names.map((name, place) => [
      name,
      {
        enumerable: true,
        get(this: VuApi): unknown {
          return this.#made[place] ?? this.#make(place);
        },
      },
    ]),
  );

  readonly #host: VuHost;
  readonly #parts: Parts['named'];
  readonly #made: unknown[] = [];

  constructor(host: VuHost, parts: Parts['named']) {
    this.#host = host;
    this.#parts = parts;
    Object.defineProperties(this, VuApi.#accessors);
  }

  #make(place: number): unknown {
    const made = MAKE[VuApi.#names[place] as keyof Api](this.#host, this.#parts, this as unknown as Api);
    this.#made[place] = made;
    return made;
  }
}

/** `parts`: what the script mentions; asking for another part throws. */
export function createApi(host: VuHost, parts: Parts['named']): Api {
  return new VuApi(host, parts) as unknown as Api;
}
