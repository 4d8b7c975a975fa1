import { expect, test } from 'vitest';
import { retireAll } from '../../../workers/drivers/retire.ts';

test('all are retired, a bounded number at a time, though one fails and one is slow', async () => {
  let under = 0;
  let most = 0;
  const retired: number[] = [];
  const vus = Array.from({ length: 1000 }, (_, i) => ({
    async retire() {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, i === 3 ? 30 : 0));
      under--;
      retired.push(i);
      if (i === 7) throw new Error('on purpose');
    },
  }));
  await retireAll(vus);
  expect(new Set(retired).size).toBe(1000);
  expect(most).toBe(128);
});

test('nobody to retire', async () => {
  await expect(retireAll([])).resolves.toBeUndefined();
});
