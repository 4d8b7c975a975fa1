/** Experiment 10, with a real Redis and the built command: a tenth of the draws. */

import { expect, test } from 'vitest';
import { runCache } from '../../bench/experiments/cache.ts';
import { agrees } from '../../bench/experiments/rows.ts';
import { BIN } from '../helpers/cli.ts';
import { startRedis } from '../helpers/services.ts';

test('hit rates of an LRU cache are those of the model', { timeout: 90_000 }, async (context) => {
  const { url } = await startRedis(context);
  const rows = await runCache(BIN, url, 10_000);
  expect(rows.filter((row) => !agrees(row))).toEqual([]);
});
