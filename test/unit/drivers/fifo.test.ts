import { expect, test } from 'vitest';
import { Fifo } from '../../../workers/drivers/fifo.ts';

test('items come out in order, however pushes and shifts are mixed', () => {
  const fifo = new Fifo<number>();
  const out: number[] = [];
  let next = 0;
  for (let round = 0; round < 500; round++) {
    for (let n = 0; n < (round * 7) % 5; n++) fifo.push(next++);
    for (let n = 0; n < (round * 3) % 4 && fifo.length > 0; n++) out.push(fifo.shift() as number);
  }
  while (fifo.length > 0) out.push(fifo.shift() as number);
  expect(out).toEqual(Array.from({ length: next }, (_, n) => n));
  expect(fifo.shift()).toBeUndefined();
  expect(fifo.length).toBe(0);
});
