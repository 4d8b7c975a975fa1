import { describe, expect, it } from 'vitest';
import { formatSelector, parseSelector } from '../../../runner/thresholds/selector.ts';

function read(text: string) {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.selector;
}

describe('selectors', () => {
  it.each<[string, string, [string, string][]]>([
    ['http_reqs', 'http_reqs', []],
    ['  http_reqs ', 'http_reqs', []],
    [
      'http_req_duration{scenario:checkout,status:200}',
      'http_req_duration',
      [
        ['scenario', 'checkout'],
        ['status', '200'],
      ],
    ],
    [
      'm{ a : 1 , b : 2 }',
      'm',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['m{group:::cart::pay}', 'm', [['group', '::cart::pay']]],
    ['m{group:::cart::pay now}', 'm', [['group', '::cart::pay now']]],
    ['m{name:http://127.0.0.1:3000/a?b=c:d}', 'm', [['name', 'http://127.0.0.1:3000/a?b=c:d']]],
    [
      'm{name:http://h/items/{id},method:GET}',
      'm',
      [
        ['name', 'http://h/items/{id}'],
        ['method', 'GET'],
      ],
    ],
    [`m{check:it's "ok"}`, 'm', [['check', `it's "ok"`]]],
    [
      'm{check:"a, b and c",x:y}',
      'm',
      [
        ['check', 'a, b and c'],
        ['x', 'y'],
      ],
    ],
    [`m{check:'a, "b"'}`, 'm', [['check', 'a, "b"']]],
    ['m{check:"ok" is shown}', 'm', [['check', '"ok" is shown']]],
    ['m{"my key":1}', 'm', [['my key', '1']]],
    ['m{check:" padded "}', 'm', [['check', ' padded ']]],
  ])('%s', (text, metric, tags) => {
    expect(read(text)).toEqual({ metric, tags });
  });

  it.each([
    'http_reqs',
    'm{a:1,b:2}',
    'm{group:}',
    'm{group:,status:200}',
    'm{group:::cart::pay}',
    'm{check:"a, b"}',
    `m{check:'say "a, b"'}`,
    'm{check:" x"}',
  ])('%s is canonical: it stays as it is', (text) => {
    expect(formatSelector(read(text))).toBe(text);
  });

  it('drops what has no meaning', () => {
    expect(formatSelector(read(' m{ a:"1" ,b : 2 } '))).toBe('m{a:1,b:2}');
  });

  it.each<[string, RegExp, string]>([
    ['', /no name of a metric/, ''],
    ['http-reqs', /no name of a metric/, 'http-reqs'],
    ['{a:1}', /no name of a metric/, '{'],
    ['m{a:1', /not closed/, '{a:1'],
    ['m}a:1{', /no name|not closed/, 'm}a:1'],
    ['m{a:1} x', /After the closing brace/, ' x'],
    ['m{}', /empty/, '{}'],
    ['m{a}', /key:value/, 'a'],
    ['m{:1}', /key:value/, ':1'],
    ['m{a:1,,b:2}', /missing/, ','],
    ['m{a:1,}', /missing/, '}'],
    ['m{a:1,a:2}', /stands twice/, 'a:2'],
  ])('refuses %s', (text, message, place) => {
    const parsed = parseSelector(text);
    if (parsed.ok) throw new Error('accepted');
    expect(parsed.problem.message).toMatch(message);
    if (place !== '') {
      const { offset, length } = parsed.problem;
      expect(text.slice(offset, offset + length)).toBe(place);
    }
  });
});
