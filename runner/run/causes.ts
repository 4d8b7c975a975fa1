/** Why a run ended as it did, in the order in which it happened; the verdict is made of these. */

import type { ExitCode } from '../../dsl/errors.ts';

export type CauseKind =
  | 'setupTimeout'
  | 'teardownTimeout'
  | 'scriptError'
  | 'aborted'
  | 'markedFailed'
  | 'interrupted'
  | 'workerLost'
  | 'abortOnFail'
  | 'defect';

export interface Cause {
  readonly kind: CauseKind;
  readonly reason: string;
  readonly exitCode: ExitCode;
}
