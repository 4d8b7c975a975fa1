import { expect, test } from 'vitest';
import { Document, documentOf } from '../../../dsl/graphql/document.ts';

test.each([
  ['{ me { id } }', undefined, 'query'],
  ['query Me { me { id } }', 'Me', 'query'],
  ['  # query No {\n mutation  Pay($id: ID!) { pay(id: $id) { query } }', 'Pay', 'mutation'],
  ['query ($a: String = "query Hidden { ") { a(b: $a) }', undefined, 'query'],
  ['fragment F on User { id } query WithFragment { me { ...F } }', 'WithFragment', 'query'],
  ['"""query Doc {""" query Real @live { subscription }', 'Real', 'query'],
  ['subscription OnPaid { paid { mutation { query } } }', 'OnPaid', 'subscription'],
  ['query { a } ', undefined, 'query'],
])('%s', (text, name, kind) => {
  expect(new Document(text).operation(undefined)).toEqual({ name, kind });
});

test('several operations are told apart by name', () => {
  const document = new Document('query A { a } mutation B { b } query C { c }');
  expect(document.operations.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  expect(document.operation('B')?.kind).toBe('mutation');
  expect(document.operation('D')).toBeUndefined();
});

test('documents of code generators carry their text', () => {
  expect(documentOf({ loc: { source: { body: 'query A { a }' } } }).text).toBe('query A { a }');
  expect(documentOf(Object('query B { b }')).text).toBe('query B { b }');
  expect(() => documentOf({ kind: 'Document' })).toThrow('neither a text nor a document');
  expect(() => documentOf('  ')).toThrow('empty');
});

test('the hash is that of the text', () => {
  // printf '{ a }' | sha256sum
  expect(new Document('{ a }').sha256).toBe(
    '1c7e1e347f726166b5b1c55afd61f278cc9b45e00c108ec33d540a566379811b',
  );
});
