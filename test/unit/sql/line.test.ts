import { expect, test } from 'vitest';
import { type InLine, Line } from '../../../dsl/sql/line.ts';

class Person implements InLine {
  readonly name: string;
  ahead: InLine | undefined;
  behind: InLine | undefined;
  waits = false;

  constructor(name: string) {
    this.name = name;
  }
}

const names = (line: Line<Person>): string =>
  line
    .all()
    .map(({ name }) => name)
    .join('');

test('first come, first served, and anybody may leave', () => {
  const line = new Line<Person>();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Person(name)) as [
    Person,
    Person,
    Person,
    Person,
  ];
  for (const person of [a, b, c, d]) line.push(person);
  expect([line.size, names(line), line.first]).toEqual([4, 'abcd', a]);
  expect(line.delete(c)).toBe(true);
  expect(line.delete(a)).toBe(true);
  expect(line.delete(d)).toBe(true);
  expect([line.size, names(line)]).toEqual([1, 'b']);
  line.push(c);
  expect([line.shift(), line.shift(), line.shift()]).toEqual([b, c, undefined]);
  expect([line.size, names(line), line.first]).toEqual([0, '', undefined]);
});

test('who has left keeps nobody alive, and leaving again changes nothing', () => {
  const line = new Line<Person>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Person(name)) as [Person, Person, Person];
  for (const person of [a, b, c]) line.push(person);
  line.delete(b);
  expect([b.ahead, b.behind]).toEqual([undefined, undefined]);
  expect(line.delete(b)).toBe(false);
  expect([line.size, names(line)]).toEqual([2, 'ac']);
});
