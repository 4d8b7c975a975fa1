/** VUs with pools against real servers; everything is closed after each test. */

import { afterEach } from 'vitest';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { create } from '../../../dsl/sql/sql.ts';
import type { Pool, PoolOptions, SqlDriver } from '../../../dsl/sql/types.ts';
import { FakeHost } from '../../helpers/host.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function vu(
  target: string | SqlDriver,
  options?: PoolOptions,
  runOptions: Partial<ResolvedOptions> = {},
): { readonly db: Pool; readonly host: FakeHost } {
  const host = new FakeHost(runOptions);
  host.initializing = true;
  const db = create(host).pool(target, options);
  host.initializing = false;
  closers.push(() => host.retire());
  return { db, host };
}

export const tick = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** What a promise is rejected with; fails if it is not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & { code?: unknown; sqlState?: unknown }> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}
