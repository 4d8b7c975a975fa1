/**
 * Experiment 10: hit rates of a cache with a known answer, on a real Redis, from the replies to GET.
 *
 *     1,000 keys in order, twice     room for 1,000: none the first time, all the second
 *                                    room for   999: none ever, as each key goes just before its turn comes
 *     1,000 keys at random           room for   200: 200 of 1,000
 */

import { startRedis } from '../../test/helpers/services.ts';
import { runCommand } from './harness.ts';
import { count, type Experiment, type Row } from './rows.ts';

const DRAWS = 100_000;
const FEWEST_DRAWS = 10_000;
const SEED = 7;

/** Two standard deviations of a share of 20 % among so many draws: 0.25 % of 100,000. The seed is fixed. */
function spread(draws: number): number {
  return 2 * Math.sqrt((0.2 * 0.8) / draws);
}

export async function runCache(bin: string, url: string, draws: number): Promise<readonly Row[]> {
  const rates = async (capacity: number, drawn: number) => {
    const { code, values } = await runCommand(bin, 'cache', {
      env: { REDIS_URL: url, CAPACITY: capacity, DRAWS: drawn },
      flags: ['--seed', String(SEED)],
      limitMs: 120_000,
    });
    return { code, first: values('redis_hits{name:first}'), second: values('redis_hits{name:second}') };
  };
  const whole = await rates(1000, 0);
  const short = await rates(999, 0);
  const random = await rates(200, draws);
  const lookups = (random.second.passes ?? 0) + (random.second.fails ?? 0);
  return [
    count('room for all: hits, first time', 0, whole.first.passes ?? -1),
    count('room for all: hits, second time', 1000, whole.second.passes ?? -1),
    count('room for all but one: hits, first time', 0, short.first.passes ?? -1),
    count('room for all but one: hits, second time', 0, short.second.passes ?? -1),
    count('room for all but one: misses', 1000, short.second.fails ?? -1),
    count('a fifth at random: lookups', draws, lookups),
    count('a fifth at random: hit rate', 0.2, random.second.rate ?? -1, spread(draws)),
    count('exit codes', 0, (whole.code ?? 1) + (short.code ?? 1) + (random.code ?? 1)),
  ];
}

/** A server that is started here: it is emptied. */
async function withRedis<T>(use: (url: string) => Promise<T>): Promise<T> {
  const stops: (() => Promise<void>)[] = [];
  const { url } = await startRedis({
    skip: (note) => {
      throw new Error(note);
    },
    onTestFinished: (stop) => void stops.push(stop),
  });
  try {
    return await use(url);
  } finally {
    for (const stop of stops) await stop();
  }
}

export const cache: Experiment = {
  name: 'cache',
  title: 'Cache (experiment 10)',
  run: ({ bin, scale }) => withRedis((url) => runCache(bin, url, Math.max(FEWEST_DRAWS, DRAWS * scale))),
};
