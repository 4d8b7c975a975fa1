import { expect, test } from 'vitest';
import { ownCount, ownPlaces } from '../../../workers/plan/stripe.ts';

test('every place is owned exactly once, and shares differ by one at most', () => {
  for (let workers = 1; workers <= 17; workers++) {
    for (const count of [0, 1, 2, 3, 5, 8, 13, 16, 17, 18, 100, 1009]) {
      const shares = Array.from({ length: workers }, (_, worker) => ownPlaces(worker, workers, count));
      const all = shares.flat().sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: count }, (_, place) => place));
      const sizes = shares.map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(sizes).toEqual(shares.map((_, worker) => ownCount(worker, workers, count)));
    }
  }
});

test('places below a smaller count are the first of the places below a larger one', () => {
  const places = ownPlaces(2, 5, 103);
  for (let count = 0; count <= 103; count++) {
    expect(places.slice(0, ownCount(2, 5, count))).toEqual(ownPlaces(2, 5, count));
  }
});
