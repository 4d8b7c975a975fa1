/** The search for capacity with the built command, against servers whose capacity is computed; see bench/experiments. */

import { expect, test } from 'vitest';
import { capacity } from '../../bench/experiments/capacity.ts';
import { agrees } from '../../bench/experiments/rows.ts';
import { BIN } from '../helpers/cli.ts';

// Once more if it fails: with windows this short, chance alone misses the 5 % one time in thirty.
test(capacity.title, { timeout: 150_000 }, async () => {
  const rows = await capacity.run({ bin: BIN, scale: 0.175 });
  expect(rows).toHaveLength(3);
  expect(rows.filter((row) => !agrees(row))).toEqual([]);
});
