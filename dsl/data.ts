/** `shared`, `csv`, `json`, `feed`, `counter`: data for scripts, held once per process for all VUs. */

import { resolve } from 'node:path';
import { DataError } from './data-errors.ts';
import { type CsvOptions, checkCsvOptions, parseCsv, parseJson, readText } from './data-files.ts';
import { createFeed, type Feed, type FeedOptions } from './feed.ts';
import type { VuHost } from './host.ts';

/** Data as it is shared: read-only all the way down. */
export type Shared<T> = T extends readonly (infer Item)[]
  ? readonly Shared<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Shared<T[Key]> }
    : T;

/**
 * Builds data once per process and shows it, read-only, to every VU. `build` must return at once; the value is kept as
 * JSON (so dates become strings, and what JSON has no form for is lost). Array elements are made when they are read:
 * keep one in a variable rather than reading it twice. Module code only.
 */
export type SharedFunction = <T>(name: string, build: () => T) => Shared<T>;

/**
 * Rows of a CSV file, read once per process. Fields are strings; rows are objects named by the first record, or arrays
 * with `header: false`. A relative path starts at the script's folder. Module code only.
 */
export interface CsvFunction {
  (path: string, options: CsvOptions & { header: false }): readonly (readonly string[])[];
  <Row = Record<string, string>>(path: string, options?: CsvOptions): readonly Readonly<Row>[];
}

/** Content of a JSON file, read once per process. A relative path starts at the script's folder. Module code only. */
export type JsonFunction = <T = unknown>(path: string) => Shared<T>;

/** Hands out the items of an array to all VUs. Module code only. See `FeedOptions` for order and end. */
export type FeedFunction = <T>(data: readonly T[], options?: FeedOptions) => Feed<T>;

/** A whole number that all VUs share, by name; every method is atomic. Starts at 0. */
export interface SharedCounter {
  /** 0, 1, 2, …: each number goes to exactly one caller of the whole run. */
  next(): number;
  /** Adds a whole number (default 1) and returns the sum. */
  add(delta?: number): number;
  readonly value: number;
}

export type CounterFunction = (name: string) => SharedCounter;

export interface Data {
  readonly shared: SharedFunction;
  readonly csv: CsvFunction;
  readonly json: JsonFunction;
  readonly feed: FeedFunction;
  readonly counter: CounterFunction;
}

/** The name under which a value of this thread is shared, for feeds over it. */
const namesOfShared = new WeakMap<object, string>();

export function createData(host: VuHost): Data {
  const share = (call: string, name: string, build: () => unknown): unknown => {
    requireInit(host, call);
    let built = false;
    try {
      const value = host.shared.data(name, () => {
        const result = checkedResult(call, build());
        built = true;
        return result;
      });
      if (typeof value === 'object' && value !== null) namesOfShared.set(value, name);
      return value;
    } catch (error) {
      // What the builder itself threw is the user's own error.
      if (!built) throw error;
      throw new DataError(`${call}: the data cannot be shared: ${(error as Error).message}`);
    }
  };
  let feedsOver: Map<string, number> | undefined;

  return {
    shared: <T>(name: string, build: () => T) => {
      requireName('shared', name);
      const call = `shared('${name}')`;
      if (typeof build !== 'function') throw new DataError(`${call}: the second argument must be a function`);
      return share(call, `shared:${name}`, build) as Shared<T>;
    },

    csv: (path: string, given?: CsvOptions) => {
      const options = given ?? {};
      requireName('csv', path);
      const call = `csv('${path}')`;
      checkCsvOptions(call, options);
      const name = `csv:${resolve(host.scriptDir, path)}:${JSON.stringify(options)}`;
      const read = (): unknown[] => parseCsv(call, readText(call, path, host.scriptDir), options);
      // Both overloads have the shape that `header` asks the parser for.
      return share(call, name, read) as never;
    },

    json: <T>(path: string) => {
      requireName('json', path);
      const call = `json('${path}')`;
      const read = (): unknown => parseJson(call, readText(call, path, host.scriptDir));
      return share(call, `json:${resolve(host.scriptDir, path)}`, read) as Shared<T>;
    },

    feed: <T>(data: readonly T[], options: FeedOptions = {}) => {
      requireInit(host, 'feed(data)');
      // The same call in every VU's module code has to get the same position: which data, and which feed over it.
      const source = namesOfShared.get(data) ?? `array of ${data?.length}`;
      feedsOver ??= new Map();
      const before = feedsOver.get(source) ?? 0;
      if (options.name === undefined) feedsOver.set(source, before + 1);
      const position = options.name === undefined ? `feed:${source}#${before}` : `feed=${options.name}`;
      return createFeed(host, data, options, position);
    },

    counter: (name) => {
      requireName('counter', name);
      return createCounter(host, name);
    },
  };
}

function createCounter(host: VuHost, name: string): SharedCounter {
  const slot = `counter:${name}`;
  return {
    next: () => host.shared.addAndGetPrevious(slot, 1),
    add: (delta = 1) => {
      if (!Number.isSafeInteger(delta)) {
        throw new DataError(`counter('${name}').add(${String(delta)}): expected a whole number`);
      }
      return host.shared.addAndGetPrevious(slot, delta) + delta;
    },
    get value() {
      return host.shared.read(slot);
    },
  };
}

function requireInit(host: VuHost, call: string): void {
  if (host.initializing) return;
  throw new DataError(
    `${call} must stand in the script's module code, not inside a function: data is read once, before the test starts`,
  );
}

function requireName(verb: string, name: unknown): void {
  if (typeof name === 'string' && name !== '') return;
  throw new DataError(`${verb}(${JSON.stringify(name) ?? String(name)}): expected a text that is not empty`);
}

/** What a builder returned, if it can be kept. */
function checkedResult(call: string, value: unknown): unknown {
  if (value instanceof Promise) {
    value.catch(() => undefined);
    throw new DataError(
      `${call}: the function returned a promise; module code cannot wait, so it must return its data at once`,
    );
  }
  if (value === undefined || typeof value === 'function') {
    throw new DataError(
      `${call}: the function returned ${typeof value}; it must return data, such as an array`,
    );
  }
  return value;
}
