/** The figures beside requests per CPU second: each a run or two of Brunt, and numbers out of them. */

import { runBrunt } from './brunt.mjs';
import { measure } from './measure.mjs';

/**
 * VUs with a connection and a request every two seconds each. Resolves with the run and its peak of resident memory,
 * and how late the sleeps of the script ended.
 */
export async function sleepers({ node, bin, vus, workers, seconds, url }) {
  const limits = { limitS: seconds + 60 };
  const run = await runBrunt('sleepers', { node, bin, vus, workers, seconds, url, ...limits });
  const { sleep_overrun: overrun, http_reqs: requests } = run.summary.metrics;
  return { ...run, overrun: overrun.values, requests: requests.values.count };
}

/** What each VU adds to the memory of a run with one, KB. */
export function kbPerVu(many, one, vus) {
  return ((many.maxRssMb - one.maxRssMb) * 1024) / vus;
}

/** How late 2,000 arrivals a second start: one worker, one core, 20 s. */
export async function startLag({ node, bin }) {
  const { summary, cpuS } = await runBrunt('arrivals', { node, bin, workers: 1, core: 0 });
  return { ...summary.metrics.iteration_start_lag.values, cpuS };
}

/** Iterations of a script per second and per CPU second. */
export async function iterations(script, { node, bin, workers, seconds, url }) {
  const { summary, cpuS } = await runBrunt(script, { node, bin, workers, vus: 20, seconds, url });
  const { rate, count } = summary.metrics.iterations.values;
  return { perS: rate, perCpuS: count / cpuS };
}

/** Seconds of a command from its start to its end, as a shell sees it. */
export async function wallS(command) {
  const from = performance.now();
  const { code, stderr, cpuS } = await measure(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}:\n${stderr}`);
  return { wallS: (performance.now() - from) / 1000, cpuS };
}

/** The same of `brunt run` with an empty script. */
export async function startUp({ node, bin }) {
  const from = performance.now();
  const { cpuS } = await runBrunt('empty', { node, bin });
  return { wallS: (performance.now() - from) / 1000, cpuS };
}
