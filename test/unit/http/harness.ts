/** One VU with its `http` against one server; everything is closed after each test. */

import { afterEach } from 'vitest';
import { createHttp } from '../../../dsl/http/http.ts';
import type { Http } from '../../../dsl/http/types.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { FakeHost } from '../../helpers/host.ts';
import type { TestServer } from '../../helpers/servers.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function vu(options: Partial<ResolvedOptions> = {}): { readonly http: Http; readonly host: FakeHost } {
  const host = new FakeHost(options);
  const http = createHttp(host);
  closers.push(() => host.retire());
  return { http, host };
}

export async function serving(server: Promise<TestServer>): Promise<TestServer> {
  const started = await server;
  closers.push(() => started.close());
  return started;
}

export const tick = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
