/**
 * Kinds of failure, 2000 to 2099. What goes wrong on the network has the numbers that it has for HTTP (1100 to 1311).
 *
 *     2000 other
 *     2001 no connection of the pool became free in time      2002 too many wait for one      2003 the pool is closed
 *     2010 login refused      2011 no such database      2012 too many connections, out of memory or disk
 *     2013 the server starts, stops or recovers
 *     2020 connection lost while in use      2021 statement timed out      2022 cancelled, or a lock not in time
 *     2030 syntax, unknown table or column      2031 not permitted      2032 constraint violated      2033 bad data
 *     2034 serialization failure or deadlock      2035 wrong state of the transaction      2039 refused otherwise
 */

export const SQL_CODE = {
  other: 2000,
  poolTimeout: 2001,
  poolFull: 2002,
  poolClosed: 2003,
  login: 2010,
  noDatabase: 2011,
  resources: 2012,
  unavailable: 2013,
  lost: 2020,
  timeout: 2021,
  cancelled: 2022,
  statement: 2030,
  permission: 2031,
  constraint: 2032,
  data: 2033,
  conflict: 2034,
  transactionState: 2035,
  refused: 2039,
} as const;

/** Rejected by every statement that fails. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** A number of the table above. */
  readonly code: number;
  /** Five characters such as `23505`; empty where the server said nothing. */
  readonly sqlState: string;

  constructor(message: string, code: number, sqlState = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.sqlState = sqlState;
  }
}

/** By SQLSTATE, or by its class of two characters. */
const BY_STATE: Readonly<Record<string, number>> = {
  '08': SQL_CODE.lost,
  '22': SQL_CODE.data,
  '23': SQL_CODE.constraint,
  '25': SQL_CODE.transactionState,
  '28': SQL_CODE.login,
  '3D': SQL_CODE.noDatabase,
  '40': SQL_CODE.conflict,
  '42': SQL_CODE.statement,
  '42501': SQL_CODE.permission,
  '53': SQL_CODE.resources,
  '55P03': SQL_CODE.cancelled,
  '57014': SQL_CODE.cancelled,
  '57P01': SQL_CODE.lost,
  '57P02': SQL_CODE.lost,
  '57P03': SQL_CODE.unavailable,
  '57P05': SQL_CODE.lost,
};

export function codeOfState(sqlState: string): number {
  return BY_STATE[sqlState] ?? BY_STATE[sqlState.slice(0, 2)] ?? SQL_CODE.refused;
}
