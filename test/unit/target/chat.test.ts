import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChatModel } from '../../../examples/target/chat.ts';
import { seededRandom } from '../../../examples/target/random.ts';

const delays: number[] = [];

vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number) => {
    delays.push(ms);
  },
}));

beforeEach(() => {
  delays.length = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('answers take 80 to 130 ms, 100 on average, as its comment promises', async () => {
  const chat = new ChatModel(seededRandom(1));
  for (let n = 0; n < 20_000; n += 1) await chat.answer('hello');
  const sorted = delays.toSorted((a, b) => a - b);
  const quantile = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] as number;
  expect(sorted[0]).toBeGreaterThanOrEqual(80);
  expect(sorted.at(-1)).toBeLessThan(130);
  expect(sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length).toBeCloseTo(100, 0);
  expect(quantile(0.5)).toBeCloseTo(97.7, 0);
  expect(quantile(0.95)).toBeCloseTo(126.3, 0);
});

test('the same seed gives the same answers', async () => {
  const answers = async (seed: number): Promise<string> => {
    const chat = new ChatModel(seededRandom(seed));
    return (
      JSON.stringify([await chat.answer('a'), await chat.answer('b'), await chat.answer('c')]) +
      delays.splice(0)
    );
  };
  expect(await answers(5)).toBe(await answers(5));
  expect(await answers(5)).not.toBe(await answers(6));
});

test('counts the tokens of all answers', async () => {
  const chat = new ChatModel(seededRandom(1));
  const first = await chat.answer('12345678');
  const second = await chat.answer('x');
  expect(first.tokens.prompt).toBe(2);
  expect(second.tokens.prompt).toBe(1);
  expect(chat.tokens).toEqual({
    prompt: 3,
    completion: first.tokens.completion + second.tokens.completion,
  });
});
