/** `brunt/protocol`: what packages that bring a protocol of their own are built on. */

import { outside } from '../outside.ts';
import type { ProtocolModule } from './part.ts';

export { durationMs, failureOf, InterruptedError, ProtocolError, TimeoutError } from './protocol.ts';

/** Declares a protocol: three metrics, and what its exchanges and connections need. Module code only. */
export const defineProtocol: ProtocolModule['defineProtocol'] = outside('defineProtocol');

export type { Failure } from '../http/error-codes.ts';
export type { DefineProtocol } from './protocol.ts';
export type {
  ConnectTarget,
  ExchangeContext,
  ExchangeParams,
  Protocol,
  ProtocolDefinition,
  ProtocolMetric,
  ProtocolMetricSink,
} from './types.ts';
