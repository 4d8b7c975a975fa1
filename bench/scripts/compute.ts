import { check, Trend } from 'brunt';

const work = new Trend('work');

/** Some tens of microseconds of JSON, two checks and a sample: an iteration without anything to wait for. */
const text = JSON.stringify(
  Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.5 })),
);

export default function () {
  const items = JSON.parse(text) as { id: number; price: number }[];
  const sum = items.reduce((total, { price }) => total + price, 0);
  check(items, { 'has all': (list) => list.length === 20, 'adds up': () => sum === 285 });
  work.add(sum);
}
