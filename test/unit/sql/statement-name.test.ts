import { expect, test } from 'vitest';
import { statementName } from '../../../dsl/sql/statement-name.ts';

test.each([
  ['select 1', 'select ?', 'SELECT'],
  [
    '  SELECT *\n  FROM t1 -- all\n WHERE a = $1 AND b2 = 17.5;\n',
    'SELECT * FROM t1 WHERE a = $1 AND b2 = ?',
    'SELECT',
  ],
  ["insert into t values ('it''s', 3)", 'insert into t values (?, ?)', 'INSERT'],
  ['do $$ begin perform 1; end $$', 'do ?', 'DO'],
  ['do $x$ begin $x$', 'do ?', 'DO'],
  ['/* who */ with a as (select 5) select * from a', 'with a as (select ?) select * from a', 'WITH'],
  ['(select 1) union (select 2)', '(select ?) union (select ?)', 'SELECT'],
])('%s', (text, name, method) => {
  expect(statementName(text)).toEqual({ name, method });
});

test('long ones are cut', () => {
  expect(statementName(`select ${'column_name, '.repeat(50)}`).name).toHaveLength(120);
});
