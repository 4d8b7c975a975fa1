import type { PoolUse } from './pool.ts';
import type { TargetSettings } from './settings.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly rows: readonly Row[];
  /** How long the query waited for a connection. */
  readonly waitMs: number;
}

/** A SQL database behind a pool of connections. */
export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /**
   * Takes a connection, reads, keeps the connection for `holdMs` in all (work that a real query would do), gives it
   * back. Rejects with PoolTimeout when no connection becomes free in time.
   */
  query(sql: string, values: readonly unknown[], holdMs?: number): Promise<Answer>;
  use(): PoolUse;
  close(): Promise<void>;
}

/** Rows of `messages`; ids run from 1 to this. */
export const MESSAGE_COUNT = 1000;
export const PRODUCT_COUNT = 20;

/**
 * Everything lives in a schema of its own, so that a real database may be lent to the demo. Seeding twice changes
 * nothing.
 */
export const SEED_SQL = `
  create schema if not exists brunt_demo;
  create table if not exists brunt_demo.products (id int primary key, name text not null, price_cents int not null);
  create table if not exists brunt_demo.messages (id int primary key, author text not null, body text not null);
  insert into brunt_demo.products
    select n, (array['Anvil', 'Bellows', 'Chisel', 'Drill', 'Easel'])[1 + n % 5] || ' no. ' || n, 500 + (n * 737) % 9500
    from generate_series(1, ${PRODUCT_COUNT}) as n
    on conflict do nothing;
  insert into brunt_demo.messages
    select n, 'user' || (1 + n % 50), 'Message ' || n || ' of the archive'
    from generate_series(1, ${MESSAGE_COUNT}) as n
    on conflict do nothing;
`;

/** PostgreSQL where `databaseUrl` names one, otherwise PGlite inside this process. */
export async function openDatabase(settings: TargetSettings): Promise<Database> {
  if (settings.databaseUrl !== undefined) {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres(settings.databaseUrl, settings);
  }
  const { openEmbedded } = await import('./embedded-database.ts');
  return openEmbedded(settings);
}
