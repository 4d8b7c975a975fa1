/** Requests that come up while a turn of the event loop reads leave at its end. */

import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { beginReading, waitForReads } from '../../../../dsl/http/wire/send-turn.ts';

class Request {
  sent = 0;

  sendNow(): void {
    this.sent++;
  }
}

test('nothing waits while nothing is read', () => {
  expect(waitForReads(new Request())).toBe(false);
});

test('what comes up between reads is sent once, after the last of them, in order', async () => {
  const order: string[] = [];
  const request = (name: string) => ({ sendNow: () => void order.push(name) });
  beginReading();
  expect(waitForReads(request('first'))).toBe(true);
  beginReading();
  expect(waitForReads(request('second'))).toBe(true);
  await Promise.resolve();
  expect(order).toEqual([]);
  await endOfTurn();
  expect(order).toEqual(['first', 'second']);
  await endOfTurn();
  expect(order).toHaveLength(2);
  expect(waitForReads(request('later'))).toBe(false);
});

test('what a send leads to does not wait for another turn', async () => {
  const next = new Request();
  let waited: boolean | undefined;
  beginReading();
  waitForReads({
    sendNow: () => {
      waited = waitForReads(next);
    },
  });
  await endOfTurn();
  expect(waited).toBe(false);
});

test('where reading takes long, what waits is sent in between', async () => {
  const [early, late] = [new Request(), new Request()];
  beginReading();
  waitForReads(early);
  const untilMs = performance.now() + 3;
  while (performance.now() < untilMs);
  expect(early.sent).toBe(0);
  beginReading();
  expect(early.sent).toBe(1);
  expect(waitForReads(late)).toBe(true);
  await endOfTurn();
  expect([early.sent, late.sent]).toEqual([1, 1]);
});
