/** A protocol that Brunt does not know, by a package that does: its requests are measured as those of HTTP are. */

import { check, defineOptions } from 'brunt';
import { connect } from './packages/brunt-line-protocol/src/index.ts';
import { type KvServer, startServer } from './packages/brunt-line-protocol/src/server.ts';

export const options = defineOptions({
  vus: 5,
  iterations: 100,
  thresholds: {
    kv_req_duration: ['p(95)<200'],
    kv_req_failed: ['rate==0'],
    kv_hits: ['rate==0.5'],
    checks: ['rate==1'],
  },
});

let server: KvServer | undefined;

// This example brings its own server; a test of yours would have an address.
export async function setup(): Promise<{ port: number }> {
  server = await startServer();
  return { port: server.port };
}

let store: ReturnType<typeof connect> | undefined;

export default async function ({ port }: { port: number }): Promise<void> {
  store ??= connect({ host: '127.0.0.1', port, timeout: '5s' });
  const key = `user-${__VU}-${__ITER}`;
  const before = await store.get(key);
  await store.set(key, 'ada');
  const after = await store.get(key);
  check(after, {
    'it was not there': () => before === undefined,
    'it is there': (value) => value === 'ada',
  });
}

export async function teardown(): Promise<void> {
  await server?.close();
}
