/**
 * A report of your own. `handleSummary` gets the result as data when everything is over and returns what to write:
 * `stdout`, `stderr`, or file names, each with its text.
 */

import { defineOptions, http } from 'brunt';

export const options = defineOptions({ vus: 2, iterations: 20 });

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  await http.get(`${BASE_URL}/products`);
}

interface Result {
  run: { durationMs: number; verdict: string };
  metrics: Record<string, { values: Record<string, number> }>;
}

export function handleSummary(summary: Result) {
  const duration = summary.metrics.http_req_duration?.values ?? {};
  const line = `${duration.count} requests, p95 ${duration['p(95)']?.toFixed(1)} ms: ${summary.run.verdict}\n`;
  return {
    stdout: line,
    // brunt run -e RESULT_FILE=result.json … keeps the whole of it.
    ...(__ENV.RESULT_FILE === undefined ? {} : { [__ENV.RESULT_FILE]: JSON.stringify(summary, null, 2) }),
  };
}
