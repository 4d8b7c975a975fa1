import { expect, test } from 'vitest';
import { HttpError } from '../../../examples/target/http-error.ts';
import { json } from '../../../examples/target/reply.ts';
import { createRouter, type Route } from '../../../examples/target/router.ts';

const route = (method: Route['method'], pattern: string): Route => ({
  method,
  pattern,
  says: '',
  handle: () => json(200, null),
});

const match = createRouter([
  route('GET', '/'),
  route('GET', '/things/:id'),
  route('POST', '/things'),
  route('DELETE', '/things/:id'),
]);

function refusal(method: string, path: string): HttpError {
  try {
    match(method, path);
  } catch (error) {
    if (error instanceof HttpError) return error;
  }
  throw new Error(`${method} ${path} was not refused`);
}

test.each([
  ['GET', '/', '/', {}],
  ['GET', '/things/7', '/things/:id', { id: '7' }],
  ['GET', '/things/a%20b%2Fc', '/things/:id', { id: 'a b/c' }],
  ['HEAD', '/things/7', '/things/:id', { id: '7' }],
  ['DELETE', '/things/7', '/things/:id', { id: '7' }],
])('%s %s goes to %s', (method, path, pattern, params) => {
  const found = match(method, path);
  expect(found.route.pattern).toBe(pattern);
  expect(found.params).toEqual(params);
});

test.each([
  ['GET', '/nothing', 404],
  ['GET', '/things/', 404],
  ['GET', '/things/7/parts', 404],
  ['GET', '/things', 405],
  ['PATCH', '/things/7', 405],
  ['GET', '/things/%E0%A4%A', 400],
])('%s %s is refused with %i', (method, path, status) => {
  expect(refusal(method, path).status).toBe(status);
});

test('a 405 says what is allowed', () => {
  expect(refusal('PUT', '/things/7').headers.allow).toBe('GET, DELETE');
});
