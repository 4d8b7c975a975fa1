/** The public face of `brunt/sql`, for the type checker and for processes that are no worker of a run. */

import { outside } from '../outside.ts';
import { SqlError } from './error-codes.ts';
import type { Sql } from './types.ts';

/** A pool of measured connections to a database. Module code only. */
export const pool: Sql['pool'] = outside('sql.pool');
/** The same as `pool`. */
export const connect: Sql['connect'] = outside('sql.connect');
export { SqlError };

const sql: Sql = { pool, connect, SqlError };
export default sql;

export type {
  Pool,
  PoolOptions,
  PoolUse,
  Queryable,
  QueryOptions,
  Row,
  Sql,
  SqlConnection,
  SqlDriver,
  SqlFailure,
  SqlResult,
  TransactionOptions,
} from './types.ts';
