/** VUs with a Redis connection; everything is closed after each test. */

import { afterEach } from 'vitest';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { create } from '../../../dsl/redis/redis.ts';
import type { ConnectOptions, Redis } from '../../../dsl/redis/types.ts';
import { FakeHost } from '../../helpers/host.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function vu(
  url: string,
  options?: ConnectOptions,
  runOptions: Partial<ResolvedOptions> = {},
): { readonly cache: Redis; readonly host: FakeHost } {
  const host = new FakeHost(runOptions);
  host.initializing = true;
  const cache = create(host).connect(url, options);
  host.initializing = false;
  closers.push(() => host.retire());
  return { cache, host };
}
