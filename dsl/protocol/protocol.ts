/**
 * What a protocol package needs of Brunt, in one object per VU: exchanges that are timed, counted, tagged, bounded and
 * interrupted as those of HTTP are; connections whose bytes are counted; metrics; clean-up.
 */

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { BoundedWork, Bounds, TimeoutError } from '../bounded.ts';
import { ByteMeter } from '../byte-meter.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { InterruptedError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { Series, TagSet, VuHost } from '../host.ts';
import { transportOf } from '../http/transport.ts';
import { BUILTIN_METRICS, M, type MetricDef, type MetricUnit } from '../metrics.ts';
import { readMs, type Tags, withTags } from '../params.ts';
import { dial } from './dial.ts';
import { ProtocolError } from './protocol-error.ts';
import type {
  ConnectTarget,
  ExchangeContext,
  ExchangeParams,
  Protocol,
  ProtocolDefinition,
  ProtocolMetric,
  ProtocolMetricSink,
} from './types.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const UNITS: Readonly<Record<string, MetricUnit>> = { trend: 'ms', rate: 'ratio', counter: 'count' };
/** Prefixes of Brunt's own metrics. */
const TAKEN = new Set(BUILTIN_METRICS.map(({ name }) => name.split('_')[0]));

function defOf(name: string, metric: ProtocolMetric): MetricDef {
  const { type, unit, split = 'system' } = typeof metric === 'string' ? { type: metric } : metric;
  return { name, type, unit: unit ?? UNITS[type] ?? 'none', digits: 3, split, custom: true };
}

class Exchange extends Bounds implements ExchangeContext {
  tags: TagSet;
  startedAt = performance.now();

  constructor(tags: TagSet) {
    super();
    this.tags = tags;
  }

  tag(key: string, value: string | number | boolean): void {
    this.tags = this.tags.with(key, String(value));
  }

  begin(): void {
    this.startedAt = performance.now();
  }
}

interface Outcome {
  readonly reqs: Series;
  readonly failed: Series;
  duration: Series | undefined;
}

class VuProtocol implements Protocol<string> {
  readonly metrics: Readonly<Record<string, ProtocolMetricSink>>;
  readonly #host: VuHost;
  readonly #name: string;
  readonly #work: BoundedWork;
  readonly #reqs: number;
  readonly #duration: number;
  readonly #failed: number;
  readonly #sockets = new Map<Socket, ByteMeter>();
  readonly #dialing = new Set<AbortController>();

  constructor(host: VuHost, name: string, metrics: Readonly<Record<string, ProtocolMetric>>) {
    this.#host = host;
    this.#name = name;
    this.#work = new BoundedWork(host);
    const declare = (suffix: string, metric: ProtocolMetric): number =>
      host.recorder.declare(defOf(`${name}_${suffix}`, metric));
    this.#reqs = declare('reqs', 'counter');
    this.#duration = declare('req_duration', 'trend');
    this.#failed = declare('req_failed', 'rate');
    this.metrics = Object.fromEntries(
      Object.entries(metrics).map(([suffix, metric]) => {
        const id = declare(suffix, metric);
        const add = (value: number, tags?: Tags): void =>
          host.recorder.series(id, withTags(host.tags(), tags)).add(value);
        return [suffix, { add }];
      }),
    );
    host.onInterrupt((reason) => this.#stopDialing(reason));
    host.onIterationEnd(() => this.#bookBytes());
    host.onRetire(() => {
      this.#stopDialing(new InterruptedError('the VU was retired'));
      for (const socket of this.#sockets.keys()) socket.destroy();
      this.#bookBytes();
    });
  }

  get interrupted(): boolean {
    return this.#host.interrupted;
  }

  async exchange<T>(
    params: ExchangeParams,
    work: (context: ExchangeContext) => T | PromiseLike<T>,
  ): Promise<T> {
    const { name } = params;
    this.#refuseWhileLoading(name);
    const timeoutMs = readMs(this.#name, 'timeout', params.timeout, DEFAULT_TIMEOUT_MS);
    const host = this.#host;
    const exchange = new Exchange(withTags(host.tags(), params.tags).with('name', name));
    let result: T;
    try {
      result = await this.#work.run(timeoutMs, exchange, 'request', work);
    } catch (error) {
      if (error instanceof InterruptedError || host.interrupted) throw error;
      const { code, message } = failureOf(error);
      exchange.tag('error_code', code);
      const answered = error instanceof ProtocolError && error.answered;
      this.#record(exchange, 1, answered);
      host.errors.count(`${this.#name} ${name}`, code, message);
      throw error;
    }
    this.#record(exchange, 0, true);
    return result;
  }

  #record(exchange: Exchange, failed: 0 | 1, answered: boolean): void {
    const elapsedMs = performance.now() - exchange.startedAt;
    const { tags } = exchange;
    // The memo is shared by all VUs of the thread, and so are the ids.
    let outcome = tags.memo.get(this.#reqs) as Outcome | undefined;
    if (outcome === undefined) {
      const { recorder } = this.#host;
      outcome = {
        reqs: recorder.series(this.#reqs, tags),
        failed: recorder.series(this.#failed, tags),
        duration: undefined,
      };
      tags.memo.set(this.#reqs, outcome);
    }
    outcome.reqs.add(1);
    outcome.failed.add(failed);
    if (answered) {
      outcome.duration ??= this.#host.recorder.series(this.#duration, tags);
      outcome.duration.add(elapsedMs);
    }
    this.#bookBytes();
  }

  async connect(target: ConnectTarget): Promise<Socket> {
    const { host, port, tls = false } = target;
    this.#refuseWhileLoading(`connection to ${host}:${port}`);
    if (this.#host.interrupted) throw new InterruptedError();
    const controller = new AbortController();
    this.#dialing.add(controller);
    try {
      return await dial({
        host,
        port,
        tls: tls === false ? undefined : this.#tlsOptions(tls),
        timeoutMs: readMs(this.#name, 'timeout', target.timeout, DEFAULT_TIMEOUT_MS),
        transport: transportOf(this.#host),
        signal: controller.signal,
        onSocket: (socket) => this.adopt(socket),
      });
    } finally {
      this.#dialing.delete(controller);
    }
  }

  #tlsOptions(tls: true | ConnectionOptions): ConnectionOptions {
    const rejectUnauthorized = !this.#host.options.insecureSkipTLSVerify;
    return tls === true ? { rejectUnauthorized } : { rejectUnauthorized, ...tls };
  }

  adopt(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    const meter = new ByteMeter(socket);
    this.#sockets.set(socket, meter);
    const { recorder } = this.#host;
    socket.once('close', () => {
      meter.book(recorder, this.#host.tags());
      this.#sockets.delete(socket);
    });
  }

  countBytes({ sent = 0, received = 0 }: { readonly sent?: number; readonly received?: number }): void {
    const { recorder } = this.#host;
    const tags = this.#host.tags();
    if (sent > 0) recorder.series(M.data_sent, tags).add(sent);
    if (received > 0) recorder.series(M.data_received, tags).add(received);
  }

  onInterrupt(listener: (reason: Error) => void): void {
    this.#host.onInterrupt(listener);
  }

  onIterationEnd(listener: () => void): void {
    this.#host.onIterationEnd(listener);
  }

  onRetire(listener: () => void | Promise<void>): void {
    this.#host.onRetire(listener);
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void {
    this.#host.log(level, message);
  }

  #bookBytes(): void {
    if (this.#sockets.size === 0) return;
    const tags = this.#host.tags();
    for (const meter of this.#sockets.values()) meter.book(this.#host.recorder, tags);
  }

  #stopDialing(reason: Error): void {
    for (const controller of this.#dialing) controller.abort(reason);
  }

  #refuseWhileLoading(what: string): void {
    if (!this.#host.initializing) return;
    throw new Error(
      `${this.#name}: ${what} cannot be sent while the script loads; send it in setup() or in an iteration`,
    );
  }
}

/** Declares a protocol for the VU whose module code runs. Throws TypeError for names that cannot be used. */
export type DefineProtocol = <Metric extends string = never>(
  definition: ProtocolDefinition<Metric>,
) => Protocol<Metric>;

export function createDefineProtocol(host: VuHost): DefineProtocol {
  return (definition) => {
    const { name, metrics = {} } = definition;
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new TypeError(
        `defineProtocol: the name ${JSON.stringify(name)} is not made of lower-case letters, digits and underscores`,
      );
    }
    if (TAKEN.has(name.split('_')[0] ?? '')) {
      throw new TypeError(
        `defineProtocol: metrics that begin with ${name.split('_')[0]}_ are Brunt's own; choose another name`,
      );
    }
    if (!host.initializing) {
      throw new TypeError(
        `defineProtocol('${name}') must stand in module code: metrics are known before the test starts`,
      );
    }
    return new VuProtocol(host, name, metrics) as unknown as ReturnType<DefineProtocol> as never;
  };
}

/** Milliseconds of a duration as scripts write it: `'200ms'`, or a number of milliseconds. Undefined where it is none. */
export function durationMs(duration: Duration): number | undefined {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  return ms === undefined || !(ms >= 0) ? undefined : ms;
}

export { failureOf, InterruptedError, ProtocolError, TimeoutError };
