/** When the generator itself is the bottleneck, the run says so, with a reason and advice. */

import { expect, test } from 'vitest';
import { runScript } from '../helpers/cli.ts';

const BUSY = `
import { sleep } from 'brunt';
export default async function () {
  const until = performance.now() + 5;
  while (performance.now() < until);
  await sleep(0.001);
}`;

test('a closed model that fills its event loop: a warning, still a passed run', async () => {
  const run = await runScript(BUSY, ['-u', '10', '-d', '4500ms', '--workers', '1']);
  expect(run.code).toBe(0);
  expect(run.summary.run.verdict).toBe('passed');
  const { valid, loopBusyMax, notes } = run.summary.generator;
  expect(valid).toBe(true);
  expect(loopBusyMax).toBeGreaterThan(0.9);
  expect(notes).toEqual([
    expect.stringMatching(/^latencies are inflated by the generator: for [3-5] s an event loop/),
  ]);
  expect(run.stdout.replaceAll(/\s+/g, ' ')).toContain('latencies are inflated by the generator');
  expect(run.value('generator_loop_busy', 'max')).toBeGreaterThan(0.9);
  expect(run.value('generator_memory', 'max')).toBeGreaterThan(20e6);
});

test('one with room says nothing', async () => {
  const run = await runScript(
    `import { sleep } from 'brunt'; export default async function () { await sleep(0.1); }`,
    ['-u', '10', '-d', '3500ms'],
  );
  expect(run.code).toBe(0);
  expect(run.summary.generator.notes).toEqual([]);
});

test('an open model that was held up is invalid, and the reason is named', async () => {
  const run = await runScript(
    `
export const options = {
  scenarios: { s: { executor: 'constant-arrival-rate', rate: 100, duration: '3s', preAllocatedVUs: 20 } },
};
let held = 0;
export default async function () {
  if (__VU !== 1 || held++ > 2) return;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
}`,
    ['--workers', '1'],
  );
  expect(run.code).toBe(96);
  expect(run.summary.run.verdict).toBe('invalid');
  expect(run.summary.generator.valid).toBe(false);
  expect(run.summary.generator.startLagP99Ms).toBeGreaterThan(100);
  expect(run.summary.generator.notes.join('\n')).toMatch(
    /started arrivals late[\s\S]*stood still for up to [3-9]\d\d ms/,
  );
  // All of the schedule was started or dropped nevertheless.
  const { iterations, failed, interrupted, dropped } = run.summary.scenarios
    .s as (typeof run.summary.scenarios)[string];
  expect(iterations + failed + interrupted + dropped).toBe(300);
});

/** Twice what one worker can do. */
const TOO_MUCH = (whenBusy: string): string => `
export const options = {
  scenarios: {
    s: { executor: 'constant-arrival-rate', rate: 400, duration: '4500ms', preAllocatedVUs: 5, whenBusy: '${whenBusy}' },
  },
};
export default function () {
  const until = performance.now() + 5;
  while (performance.now() < until);
}`;

test('an open model whose arrivals wait for VUs that the generator keeps busy is invalid', async () => {
  const run = await runScript(TOO_MUCH('queue'), ['--workers', '1']);
  expect(run.code).toBe(96);
  expect(run.summary.generator.valid).toBe(false);
  expect(run.summary.run.reasons).toEqual([
    expect.stringMatching(
      /^arrivals waited for VUs that were busy because the generator was: start lag p99 /,
    ),
  ]);
  expect(run.summary.generator.notes.join('\n')).toMatch(
    /an event loop was more than 90 % busy for \d+ s: use /,
  );
});
