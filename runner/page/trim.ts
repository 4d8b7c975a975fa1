/** A page has a bounded size, whatever a script has put into names, tags and bodies. */

import type { RequestTrace, TracedBody } from '../../dsl/request-trace.ts';
import type { Summary } from '../summary/model.ts';
import type { PageData } from './model.ts';

const MOST = { requests: 100, checks: 200, errors: 100, metrics: 150 } as const;

/** Characters of all bodies of single requests together, and of one of them at least. */
const MOST_BODIES = 1_500_000;
const LEAST_BODY = 1000;

function cutBody(body: TracedBody | null, most: number): TracedBody | null {
  if (body === null || body.content.length <= most) return body;
  // Whole groups of base64.
  return { ...body, content: body.content.slice(0, most - (most % 4)), truncated: true };
}

function cutTrace(trace: RequestTrace, most: number): RequestTrace {
  const { request, response } = trace;
  return {
    ...trace,
    request: { ...request, body: cutBody(request.body, most) },
    response: response === null ? null : { ...response, body: cutBody(response.body, most) },
  };
}

export function trimmed(summary: Summary): Pick<PageData, 'summary' | 'left'> {
  const { requests, checks, errors, traces } = summary;
  const entries = Object.entries(summary.metrics);
  // Thresholds are told whatever their number.
  const others = entries.filter(([, { thresholds }]) => thresholds === undefined).map(([name]) => name);
  const gone = new Set(others.slice(MOST.metrics));
  const bodies = traces === undefined ? 0 : 2 * (traces.slowest.length + traces.failed.length);
  const mostBody = Math.max(LEAST_BODY, Math.floor(MOST_BODIES / Math.max(1, bodies)));
  const cut = (one: RequestTrace): RequestTrace => cutTrace(one, mostBody);
  return {
    summary: {
      ...summary,
      requests: requests.slice(0, MOST.requests),
      checks: checks.slice(0, MOST.checks),
      errors: errors.slice(0, MOST.errors),
      metrics: Object.fromEntries(entries.filter(([name]) => !gone.has(name))),
      ...(traces === undefined
        ? {}
        : { traces: { slowest: traces.slowest.map(cut), failed: traces.failed.map(cut) } }),
    },
    left: {
      requests: Math.max(0, requests.length - MOST.requests),
      checks: Math.max(0, checks.length - MOST.checks),
      errors: Math.max(0, errors.length - MOST.errors),
      metrics: gone.size,
    },
  };
}
