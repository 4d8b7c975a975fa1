/** Holds a connection of a pool per arrival; one line of LOG for each: phase, number, wait in ms, whether it got one. */

import { appendFileSync } from 'node:fs';
import { defineOptions, vu } from 'brunt';
import sql, { SqlError } from 'brunt/sql';

const highMs = Number(__ENV.HIGH_MS);

export const options = defineOptions({
  scenarios: {
    high: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.HIGH_RATE),
      duration: highMs,
      preAllocatedVUs: 250,
      maxVUs: 250,
    },
    low: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.LOW_RATE),
      startTime: highMs,
      duration: Number(__ENV.LOW_MS),
      preAllocatedVUs: 80,
      maxVUs: 80,
    },
  },
});

const db = sql.pool(__ENV.DATABASE_URL ?? '', {
  size: Number(__ENV.SIZE),
  acquireTimeout: Number(__ENV.TIMEOUT_MS),
});
const log = __ENV.LOG ?? '';

export default async function () {
  const asked = performance.now();
  let waitMs: number | undefined;
  try {
    await db.session(async (session) => {
      waitMs = performance.now() - asked;
      await session.query('select pg_sleep($1)', [Number(__ENV.HOLD_MS) / 1000]);
    });
  } catch (error) {
    // The pool's own number: no connection became free in time.
    if (!(error instanceof SqlError) || error.code !== 2001) throw error;
  }
  const held = waitMs !== undefined;
  appendFileSync(
    log,
    `${JSON.stringify([vu.scenario, vu.iterationInScenario, waitMs ?? performance.now() - asked, held])}\n`,
  );
}
