/** `brunt/protocol` as one VU gets it. */

import type { VuHost } from '../host.ts';
import {
  createDefineProtocol,
  type DefineProtocol,
  durationMs,
  failureOf,
  InterruptedError,
  ProtocolError,
  TimeoutError,
} from './protocol.ts';

export interface ProtocolModule {
  readonly defineProtocol: DefineProtocol;
  readonly durationMs: typeof durationMs;
  readonly failureOf: typeof failureOf;
  readonly InterruptedError: typeof InterruptedError;
  readonly ProtocolError: typeof ProtocolError;
  readonly TimeoutError: typeof TimeoutError;
}

export function create(host: VuHost): ProtocolModule {
  return {
    defineProtocol: createDefineProtocol(host),
    durationMs,
    failureOf,
    InterruptedError,
    ProtocolError,
    TimeoutError,
  };
}
