/** GraphQL: typed data, one name per operation, and errors in the body that count as failed. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { check, defineOptions, graphql } from 'brunt';

export const options = defineOptions({
  vus: 3,
  iterations: 30,
  thresholds: {
    'http_req_duration{name:GetUser}': ['p(95)<300'],
    'http_req_failed{name:GetUser}': ['rate==0'],
    'http_req_failed{name:GetNobody}': ['rate==1'],
    checks: ['rate==1'],
  },
});

let server: Server | undefined;

// This example brings its own server; a test of yours would have a URL.
export async function setup(): Promise<{ url: string }> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { variables } = JSON.parse(body) as { variables: { id: string } };
      const found = variables.id === '7';
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          data: { user: found ? { id: '7', name: 'Ada' } : null },
          ...(found ? {} : { errors: [{ message: 'no such user', extensions: { code: 'NOT_FOUND' } }] }),
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` };
}

export default async function ({ url }: { url: string }): Promise<void> {
  const res = await graphql<{ user: { name: string } | null }>(url, {
    query: 'query GetUser($id: ID!) { user(id: $id) { id name } }',
    variables: { id: '7' },
  });
  check(res, { 'Ada is there': (r) => r.ok && r.data?.user?.name === 'Ada' });

  const nobody = await graphql<{ user: null }>(url, {
    query: 'query GetNobody($id: ID!) { user(id: $id) { id } }',
    variables: { id: '8' },
  });
  check(nobody, { 'nobody is not': (r) => r.errors[0]?.extensions?.code === 'NOT_FOUND' });
}

export function teardown(): void {
  server?.closeAllConnections();
  server?.close();
}
