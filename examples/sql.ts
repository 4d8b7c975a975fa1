/**
 * A database under the load of a service: a pool of connections that all users share, short reads, and a transaction
 * now and then. Needs PostgreSQL and the package pg (npm install pg):
 *
 *     npx brunt run examples/sql.ts -e DATABASE_URL=postgres://user:password@127.0.0.1:5432/postgres
 */

import { check, defineOptions } from 'brunt';
import sql from 'brunt/sql';

const url = __ENV.DATABASE_URL;

export const options = defineOptions(
  url === undefined
    ? { iterations: 1 }
    : {
        scenarios: {
          service: {
            executor: 'constant-arrival-rate',
            rate: 100,
            duration: '4s',
            preAllocatedVUs: 20,
            maxVUs: 100,
          },
        },
        thresholds: {
          sql_query_failed: ['rate<0.01'],
          'sql_query_duration{name:account}': ['p(95)<100'],
          // How long a statement waits for one of the connections: the first sign of a pool that is too small.
          sql_acquire_duration: ['p(95)<100'],
          sql_pool_timeouts: [{ threshold: 'count==0', noData: 'pass' }],
        },
      },
);

// Ten connections for the whole run, however many users and threads there are.
const db = url === undefined ? undefined : sql.pool(url, { size: 10, acquireTimeout: '2s', timeout: '5s' });

export async function setup() {
  if (db === undefined) {
    console.log('DATABASE_URL is not set, so there is nothing to do');
    return;
  }
  await db.exec('create table if not exists brunt_accounts (id int primary key, balance int not null)');
  await db.exec(
    'insert into brunt_accounts select n, 100 from generate_series(1, 1000) n on conflict do nothing',
  );
}

export default async function () {
  if (db === undefined) return;
  const id = 1 + Math.floor(Math.random() * 1000);
  const rows = await db.query<{ balance: number }>('select balance from brunt_accounts where id = $1', [id], {
    name: 'account',
  });
  check(rows, { 'the account is there': (found) => found.length === 1 });

  if (Math.random() < 0.1) {
    await db.transaction(async (tx) => {
      await tx.exec`update brunt_accounts set balance = balance - 1 where id = ${id}`;
      await tx.exec`update brunt_accounts set balance = balance + 1 where id = ${1 + (id % 1000)}`;
    });
  }
}

export async function teardown() {
  await db?.exec('drop table brunt_accounts');
}
