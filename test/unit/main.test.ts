/** Exit code 109: what nobody foresaw. It cannot be made to happen from outside, so a part is made to break. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { main } from '../../runner/main.ts';

const parse = vi.hoisted(() => ({ throws: undefined as unknown }));
vi.mock('../../runner/cli/parse.ts', () => ({
  parseArgv: () => {
    throw parse.throws;
  },
}));

let written = '';

beforeEach(() => {
  written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test('a defect of ours ends with 109, says that it is ours, and shows our stack', async () => {
  parse.throws = new TypeError('x is not a function');
  expect(await main(['run', 'a.ts', '--no-color'], {})).toBe(EXIT.defect);
  expect(written).toContain('x is not a function');
  expect(written).toMatch(/Brunt/);
  expect(written).toContain('main.test.ts');
});

test('even where what was thrown is no error', async () => {
  parse.throws = 'oops';
  expect(await main(['run', 'a.ts', '--no-color'], {})).toBe(EXIT.defect);
  expect(written).toContain('oops');
  for (const nothing of [undefined, null]) {
    parse.throws = nothing;
    expect(await main([], {})).toBe(EXIT.defect);
  }
});

test('an error of ours on purpose ends with its own code, without a stack', async () => {
  parse.throws = new BruntError('no such thing', { code: 'NO_SUCH', exitCode: EXIT.scriptError });
  expect(await main(['run', 'a.ts', '--no-color'], {})).toBe(107);
  expect(written).toContain('no such thing');
  expect(written).not.toContain('main.test.ts');
});

test("an error of Node's whose exitCode is not one of ours is a defect", async () => {
  parse.throws = Object.assign(new Error('spawn failed'), { exitCode: 1 });
  expect(await main([], {})).toBe(EXIT.defect);
});
