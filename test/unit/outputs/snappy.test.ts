import { expect, test } from 'vitest';
import { snappyCompress } from '../../../runner/outputs/snappy.ts';

/** The reverse, straight from the description of the format. */
function decompress(packed: Uint8Array): Uint8Array {
  let at = 0;
  let length = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = packed[at++] as number;
    length += (byte & 127) * factor;
    if (byte < 128) break;
  }
  const out: number[] = [];
  while (at < packed.length) {
    const tag = packed[at++] as number;
    if ((tag & 3) === 0) {
      let stored = tag >> 2;
      if (stored >= 60) {
        const bytes = stored - 59;
        stored = 0;
        for (let i = 0; i < bytes; i++) stored += (packed[at++] as number) << (8 * i);
      }
      for (let i = 0; i <= stored; i++) out.push(packed[at++] as number);
    } else {
      expect(tag & 3).toBe(2);
      const distance = (packed[at] as number) | ((packed[at + 1] as number) << 8);
      at += 2;
      if (distance === 0 || distance > out.length) throw new RangeError(`a distance of ${distance}`);
      for (let i = 0; i <= tag >> 2; i++) out.push(out[out.length - distance] as number);
    }
  }
  expect(out.length).toBe(length);
  return Uint8Array.from(out);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

test.each([
  ['nothing', new Uint8Array(0)],
  ['three bytes', text('abc')],
  ['a run', text('a'.repeat(1000))],
  ['repeats at odd lengths', text('abcdefg'.repeat(37))],
  ['a literal of 60', noise(60)],
  ['a literal of 61', noise(61)],
  ['a literal of 256', noise(256)],
  ['a literal of 257', noise(257)],
  ['noise over several blocks', noise(200_001)],
  ['repeats over several blocks', text('run="abc",scenario="checkout",'.repeat(8000))],
  ['noise that comes again', Uint8Array.from([...noise(5000), ...noise(5000)])],
])('%s comes back as it was', (_name, input) => {
  expect(decompress(snappyCompress(input))).toEqual(input);
});

test('what repeats gets shorter', () => {
  const input = text('run="abc",scenario="checkout",'.repeat(1000));
  expect(snappyCompress(input).length).toBeLessThan(input.length / 10);
});

test('what does not repeat gets hardly longer', () => {
  expect(snappyCompress(noise(100_000)).length).toBeLessThan(100_100);
});
