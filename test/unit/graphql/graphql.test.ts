import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGraphql } from '../../../dsl/graphql/graphql.ts';
import type { Graphql, TypedDocument } from '../../../dsl/graphql/types.ts';
import { createHttp } from '../../../dsl/http/http.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { FakeHost } from '../../helpers/host.ts';
import { httpServer } from '../../helpers/servers.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly accept: string | undefined;
  readonly body: Record<string, unknown>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** A VU's graphql against a server that answers with what `answer` makes of each request. */
async function against(
  answer: (seen: Seen) => { status?: number; body: string | object },
  options: Partial<ResolvedOptions> = {},
): Promise<{ graphql: Graphql; host: FakeHost; url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const { method = '', url = '', headers } = request;
    const one = { method, url, accept: headers.accept, body: text === '' ? {} : JSON.parse(text) };
    seen.push(one);
    const { status = 200, body } = answer(one);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = await httpServer((request, response) => void serve(request, response));
  const host = new FakeHost(options);
  onTestFinished(async () => {
    await host.retire();
    await server.close();
  });
  return { graphql: createGraphql(createHttp(host)), host, url: `${server.url}/graphql`, seen };
}

describe('an operation', () => {
  test('is sent by POST, and its name is the name of the request', async () => {
    const { graphql, host, url, seen } = await against(() => ({
      body: { data: { user: { id: '7' } }, extensions: { cost: 3 } },
    }));
    const query = 'query GetUser($id: ID!) { user(id: $id) { id } }';
    const res = await graphql<{ user: { id: string } }>(url, { query, variables: { id: '7' } });
    expect(res.data?.user.id).toBe('7');
    expect(res).toMatchObject({
      ok: true,
      status: 200,
      errors: [],
      error: '',
      errorCode: 0,
      extensions: { cost: 3 },
    });
    expect(res.response.json('data.user.id')).toBe('7');
    expect(seen).toMatchObject([
      { method: 'POST', url: '/graphql', body: { query, operationName: 'GetUser', variables: { id: '7' } } },
    ]);
    expect(seen[0]?.accept).toContain('application/graphql-response+json');
    expect(host.tagsOf('http_req_duration')[0]).toMatchObject({
      name: 'GetUser',
      method: 'POST',
      expected_response: 'true',
    });
    expect(host.values('http_req_failed')).toEqual([0]);
  });

  test('without a name has the URL as its name, and tags may name it', async () => {
    const { graphql, host, url } = await against(() => ({ body: { data: {} } }));
    await graphql(url, { query: '{ a }' });
    await graphql(url, { query: 'query A { a }' }, { tags: { name: 'front page', part: 1 } });
    expect(host.tagsOf('http_reqs').map(({ name }) => name)).toEqual([url, 'front page']);
  });

  test('knows its types from a typed document', async () => {
    const { graphql, url } = await against(() => ({ body: { data: { n: 1 } } }));
    const document = { loc: { source: { body: 'query N { n }' } } } as TypedDocument<
      { n: number },
      { at: string }
    >;
    const res = await graphql(url, { query: document, variables: { at: 'x' } });
    const n: number | undefined = res.data?.n;
    expect(n).toBe(1);
  });

  test('by GET stands in the URL; a mutation never does', async () => {
    const { graphql, url, seen } = await against(() => ({ body: { data: {} } }));
    await graphql(url, { query: 'query A { a }', variables: { b: [1] } }, { method: 'GET' });
    await graphql(url, { query: 'mutation B { b }' }, { method: 'GET' });
    const [get, post] = seen;
    expect(get?.method).toBe('GET');
    const params = new URL(get?.url ?? '', url).searchParams;
    expect(Object.fromEntries(params)).toEqual({
      query: 'query A { a }',
      operationName: 'A',
      variables: '{"b":[1]}',
    });
    expect(post?.method).toBe('POST');
  });
});

describe('errors', () => {
  const failing = {
    errors: [{ message: 'no such user', path: ['user'], extensions: { code: 'NOT_FOUND' } }],
    data: { user: null },
  };

  test('in the body count as failed, under a status of success', async () => {
    const { graphql, host, url } = await against(() => ({ body: failing }));
    const res = await graphql(url, { query: 'query GetUser { user { id } }' });
    expect(res).toMatchObject({
      ok: false,
      status: 200,
      errorCode: 1750,
      error: 'no such user (NOT_FOUND)',
      data: { user: null },
    });
    expect(host.values('http_req_failed')).toEqual([1]);
    // The server answered: the time is one.
    expect(host.values('http_req_duration')).toHaveLength(1);
    expect(host.tagsOf('http_reqs')[0]).toMatchObject({
      status: '200',
      expected_response: 'false',
      error_code: '1750',
    });
    expect(host.counted).toEqual([
      { label: 'POST GetUser', code: 1750, message: 'GraphQL error: no such user (NOT_FOUND)' },
    ]);
  });

  test('that are allowed do not', async () => {
    const { graphql, host, url } = await against(() => ({ body: failing }));
    const res = await graphql(url, { query: 'query GetUser { user { id } }' }, { allowErrors: true });
    expect(res.ok).toBe(false);
    expect(host.values('http_req_failed')).toEqual([0]);
    expect(host.counted).toEqual([]);
  });

  test('under a status of failure say more than the status', async () => {
    const { graphql, host, url } = await against(() => ({
      status: 400,
      body: { errors: [{ message: 'Syntax Error' }] },
    }));
    expect(await graphql(url, { query: 'query A { a }' })).toMatchObject({
      status: 400,
      errorCode: 1750,
      error: 'Syntax Error',
    });
    expect(host.counted[0]?.message).toBe('GraphQL error: Syntax Error');
  });

  test.each([['<html>'], ['{"hello":1}'], [''], ['[]']])('a body that is no result: %s', async (body) => {
    const { graphql, host, url } = await against(() => ({ body }));
    expect(await graphql(url, { query: 'query A { a }' })).toMatchObject({
      ok: false,
      errorCode: 1751,
      data: null,
    });
    expect(host.values('http_req_failed')).toEqual([1]);
  });

  test('of HTTP are those of HTTP', async () => {
    const { graphql, host, url } = await against(() => ({ status: 502, body: '<html>' }));
    expect(await graphql(url, { query: 'query A { a }' })).toMatchObject({
      status: 502,
      errorCode: 1502,
      ok: false,
    });
    expect(host.counted[0]?.message).toBe('unexpected status 502 Bad Gateway');
    expect(await graphql('http://127.0.0.1:1/', { query: '{ a }' })).toMatchObject({
      status: 0,
      errorCode: 1212,
    });
    await expect(graphql('http://127.0.0.1:1/', { query: '{ a }' }, { throw: true })).rejects.toMatchObject({
      code: 1212,
    });
  });
});

test('a persisted query sends its text only to a server that does not know it', async () => {
  const known = new Set<string>();
  const { graphql, host, url, seen } = await against(({ body }) => {
    const extensions = body.extensions as { persistedQuery: { sha256Hash: string } };
    const hash = extensions.persistedQuery.sha256Hash;
    if (body.query !== undefined) known.add(hash);
    if (!known.has(hash)) return { body: { errors: [{ message: 'PersistedQueryNotFound' }] } };
    return { body: { data: { a: 1 } } };
  });
  const query = 'query A { a }';
  for (let i = 0; i < 3; i++) {
    expect(await graphql(url, { query }, { persisted: true })).toMatchObject({ ok: true, data: { a: 1 } });
  }
  expect(seen.map(({ body }) => body.query)).toEqual([undefined, query, undefined, undefined]);
  expect(host.values('http_req_failed')).toEqual([0, 0, 0, 0]);
});

test('mistakes are TypeErrors', async () => {
  const { graphql, url } = await against(() => ({ body: {} }));
  await expect(graphql(url, { query: 'query A { a }', operationName: 'B' })).rejects.toThrow(
    'no operation B; it has A',
  );
  await expect(graphql(url, { query: '{ a }', variable: {} } as never)).rejects.toThrow(
    'did you mean variables?',
  );
  await expect(graphql(url, { query: '{ a }' }, { json: 1 } as object)).rejects.toThrow('json is not one');
  await expect(graphql(url, { query: '{ a }' }, { timout: 1 } as object)).rejects.toThrow('timeout');
  await expect(graphql(url, '{ a }' as never)).rejects.toThrow('there is no { query }');
});
