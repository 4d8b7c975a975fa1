import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { diff, patched } from '../../../runner/dashboard/patch.ts';

/** Uniform numbers in [0, 1), the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function value(next: () => number, depth: number): unknown {
  const kind = next();
  if (depth === 0 || kind < 0.4) return [null, true, 'text', Math.floor(next() * 3)][Math.floor(next() * 4)];
  const length = Math.floor(next() * 5);
  if (kind < 0.7) return Array.from({ length }, () => value(next, depth - 1));
  const keys = ['a', 'b', '__proto__', 'constructor', 'length', ''];
  return Object.fromEntries(
    Array.from({ length }, () => [keys[Math.floor(next() * keys.length)], value(next, depth - 1)]),
  );
}

const wire = <T>(json: T): T => JSON.parse(JSON.stringify(json)) as T;

describe('diff and patched', () => {
  it('lead from any value to any other, over the wire', () => {
    const next = random(11);
    for (let i = 0; i < 3000; i++) {
      const [from, to] = [value(next, 4), value(next, 4)];
      const patch = diff(from, to);
      const there = patch === undefined ? from : patched(from, wire(patch));
      if (!isDeepStrictEqual(there, to)) expect(there).toEqual(to);
    }
  });

  it('leave the old value alone, and share what did not change', () => {
    const from = { course: [1, 2], about: { name: 'x' } };
    const to = { course: [1, 2, 3], about: { name: 'x' } };
    const there = patched(from, diff(from, to)!) as typeof to;
    expect(from.course).toEqual([1, 2]);
    expect(there).toEqual(to);
    expect(there.about).toBe(from.about);
  });

  it('send what a column has grown by, not the column', () => {
    const from = { columns: Array.from({ length: 600 }, (_, i) => i) };
    const to = { columns: [...from.columns.slice(0, -1), -1, 600] };
    expect(diff(from, to)).toEqual([1, { columns: [2, 600, [[599, [0, -1]]], [600]] }, []]);
  });

  it('take undefined members as absent', () => {
    expect(diff({ a: undefined }, {})).toBeUndefined();
    expect(diff({}, { a: undefined })).toBeUndefined();
    expect(diff({ a: 1 }, { a: undefined })).toEqual([1, {}, ['a']]);
  });

  it('never touch the prototype', () => {
    const from = JSON.parse('{}') as object;
    const to = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const there = patched(from, wire(diff(from, to)!)) as object;
    expect(Object.getPrototypeOf(there)).toBe(Object.prototype);
    expect(Object.keys(there)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
