/** Reports of runs for the tests of this folder. */

import type { SourceLocation } from '../../../dsl/errors.ts';
import type { EndedRun, UnstartedRun } from '../../../runner/ci/report.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { call, FAILED, rate, request, trend } from '../terminal/summaries.ts';

export function ended(summary: Summary, place?: SourceLocation, errors: EndedRun['errors'] = []): EndedRun {
  return { kind: 'ended', summary, errors, place: () => place };
}

export function unstarted(error: unknown): UnstartedRun {
  return { kind: 'unstarted', script: 'load/checkout.ts', startedAt: new Date(0), error };
}

/** Text that would end, open or call something in any of the formats. */
export const EVIL =
  '::error::a | `b` ```c <img src=x onerror=y> ]]> & "q" \\| @joe #1 %0A \u001b[31m\u0000\n::add-mask::x';

export const HOSTILE: Summary = {
  ...FAILED,
  run: { ...FAILED.run, script: `${EVIL.replaceAll('/', '')}.ts`, reasons: [EVIL] },
  scenarios: { [EVIL]: { executor: 'constant-vus', iterations: 1, failed: 1, interrupted: 0, dropped: 0 } },
  metrics: {
    ...FAILED.metrics,
    [`http_req_duration{name:${EVIL}}`]: trend(1, 2, 3, 4, 10, [
      { threshold: 'p(95)<1', ok: false, value: 2, limit: 1 },
    ]),
    checks: rate(1, 1),
  },
  requests: [request('GET', EVIL, 10, 5)],
  calls: [call(EVIL, EVIL, EVIL, 10, 5)],
  checks: [{ name: EVIL, group: `::${EVIL}`, passes: 1, fails: 1 }],
  errors: [{ label: EVIL, code: 0, message: EVIL, count: 2 }],
  generator: { ...FAILED.generator, notes: [EVIL] },
};
