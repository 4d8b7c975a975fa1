/**
 * Who takes part in a comparison: each a function that sends for a while and resolves with its requests, CPU seconds
 * and peak memory. All run on core 0 with as many connections as `world` says, against the server of `./nginx.mjs`.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runBrunt } from './brunt.mjs';
import { measure } from './measure.mjs';

const CORE = 0;
const autocannon = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
const loops = fileURLToPath(new URL('../loops/undici.mjs', import.meta.url));

/** `world`: `{ url, connections, seconds, node }`. */
export function brunt(world, script, bin) {
  const { url, connections, seconds, node } = world;
  return async () => {
    const options = { node, bin, workers: 1, vus: connections, seconds, url };
    const { summary, ...cost } = await runBrunt(script, { ...options, ...limits(world) });
    return { requests: summary.metrics.http_reqs.values.count, cost };
  };
}

/** A loop over undici with nothing around it; `api` is `request` or `dispatch`. */
export function bare(world, api, workload) {
  const { url, connections, seconds, node } = world;
  return command(
    world,
    [node, loops, api, workload, url, String(connections), String(seconds)],
    (stdout) => JSON.parse(stdout).requests,
  );
}

/** Load generators that send a plain GET. */
export const OTHERS = {
  autocannon: (world) =>
    command(
      world,
      [
        world.node,
        autocannon,
        '-c',
        String(world.connections),
        '-d',
        String(world.seconds),
        '--json',
        `${world.url}/json`,
      ],
      (stdout) => JSON.parse(stdout)['2xx'],
    ),
  wrk: (world) =>
    command(
      world,
      ['wrk', '-t1', `-c${world.connections}`, `-d${world.seconds}s`, `${world.url}/json`],
      (stdout) => Number(/(\d+) requests in/.exec(stdout)[1]),
    ),
  hey: (world) =>
    command(
      world,
      ['hey', '-c', String(world.connections), '-z', `${world.seconds}s`, `${world.url}/json`],
      (stdout) => Number(/\[200\]\s+(\d+) responses/.exec(stdout)[1]),
    ),
};

function command(world, words, requestsOf) {
  return async () => {
    const cost = await measure(words, limits(world));
    return { requests: requestsOf(cost.stdout), cost };
  };
}

function limits({ seconds }) {
  return { core: CORE, limitS: seconds * 3 + 30 };
}

/**
 * Lets contenders (a Map by name) take turns, so that a busy machine disturbs all of them alike. Returns by name, one
 * entry a round: `perCpuS` and `perS` (requests), `rssMb`.
 */
export async function takeTurns(contenders, rounds, seconds) {
  const seen = new Map([...contenders.keys()].map((name) => [name, { perCpuS: [], perS: [], rssMb: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, send] of contenders) {
      const { requests, cost } = await send();
      const { perCpuS, perS, rssMb } = seen.get(name);
      perCpuS.push(requests / cost.cpuS);
      perS.push(requests / seconds);
      rssMb.push(cost.maxRssMb);
    }
  }
  return seen;
}
