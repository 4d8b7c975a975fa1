/** What authors of protocol packages build on. Types only. */

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Duration } from '../duration.ts';
import type { MetricType, MetricUnit } from '../metrics.ts';
import type { Tags } from '../params.ts';

/** A metric beside the three that every protocol has. */
export type ProtocolMetric =
  | MetricType
  | {
      readonly type: MetricType;
      /** Default `ms` for trends, `ratio` for rates, `count` for counters, else `none`. */
      readonly unit?: MetricUnit;
      /** Which tags make series: `system` the name, status and so on of each sample (default), `scenario` only that. */
      readonly split?: 'system' | 'scenario';
    };

export interface ProtocolDefinition<Metric extends string = never> {
  /** Prefix of the metrics and first word of messages: lower-case letters, digits and underscores. */
  readonly name: string;
  /** By the part of the name after the prefix: `{ hits: 'rate' }` of `kv` is `kv_hits`. */
  readonly metrics?: Readonly<Record<Metric, ProtocolMetric>>;
}

export interface ExchangeParams {
  /** What was asked for, without values that differ each time: the tag `name`. */
  readonly name: string;
  readonly tags?: Tags | undefined;
  /** A number is milliseconds, 0 no limit. Default 60s. */
  readonly timeout?: Duration | undefined;
}

/** An exchange under way. */
export interface ExchangeContext {
  /** Aborts at the time limit, and when the iteration is interrupted. */
  readonly signal: AbortSignal;
  /** Adds a tag to this exchange's samples, such as the `status` of the answer. */
  tag(key: string, value: string | number | boolean): void;
  /** Starts the time again: what went before (connecting, waiting for a free connection) is not part of it. */
  begin(): void;
}

export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  /** TLS over it; `true` for the defaults. The option insecureSkipTLSVerify holds unless this says otherwise. */
  readonly tls?: boolean | ConnectionOptions;
  /** Name resolution, connecting and the handshake together. Default 60s. */
  readonly timeout?: Duration | undefined;
}

export interface ProtocolMetricSink {
  /** Records a value with the VU's tags and these. */
  add(value: number, tags?: Tags): void;
}

/** One VU's instance of a protocol. */
export interface Protocol<Metric extends string = never> {
  /**
   * One request and its answer. Counts it in `<name>_reqs`; its time enters `<name>_req_duration`, unless it fails
   * without an answer; `<name>_req_failed` is 1 where `work` throws. Settles as `work` does, or rejects with a
   * TimeoutError or an InterruptedError, whether `work` looks at its signal or not.
   */
  exchange<T>(params: ExchangeParams, work: (context: ExchangeContext) => T | PromiseLike<T>): Promise<T>;
  /**
   * Opens a connection whose bytes are counted and which is closed when the VU is retired. Rejects with a ProtocolError
   * that has HTTP's number of the same failure.
   */
  connect(target: ConnectTarget): Promise<Socket>;
  /** Counts the bytes of a socket that a library made (`data_sent`, `data_received`), and closes it with the VU. */
  adopt(socket: Socket): void;
  /** For libraries that hide their sockets. */
  countBytes(bytes: { readonly sent?: number; readonly received?: number }): void;
  readonly metrics: Readonly<Record<Metric, ProtocolMetricSink>>;
  /** True from the moment at which the current iteration was told to end. */
  readonly interrupted: boolean;
  /** Called when the iteration is interrupted: end what is under way. */
  onInterrupt(listener: (reason: Error) => void): void;
  /** Called after each iteration, before the next: drop what belongs to one visit. */
  onIterationEnd(listener: () => void): void;
  /** Called when the VU is retired: close what is open. It is waited for. */
  onRetire(listener: () => void | Promise<void>): void;
  /** A line for the user. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}
