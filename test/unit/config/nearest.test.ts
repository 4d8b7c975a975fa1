import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../runner/config/nearest.ts';

const names = ['thresholds', 'duration', 'maxVUs', 'vus', 'stages'];

test.each([
  ['thresold', 'thresholds'],
  ['druation', 'duration'],
  ['max-vus', 'maxVUs'],
  ['vu', 'vus'],
  ['VUS', 'vus'],
  ['stage', 'stages'],
])('%s is near %s', (wrong, right) => {
  expect(nearest(wrong, names)).toBe(right);
});

test('what is not near is not guessed', () => {
  for (const wrong of ['', 'x', 'wibble', 'target']) expect(nearest(wrong, names)).toBeUndefined();
  expect(didYouMean('wibble', names)).toBeUndefined();
  expect(didYouMean('vu', names)).toBe('Did you mean `vus`?');
});
