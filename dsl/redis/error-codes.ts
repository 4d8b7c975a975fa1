/**
 * Kinds of failure, 2100 to 2199. What goes wrong on the network has the numbers that it has for HTTP (1100 to 1311).
 *
 *     2100 other
 *     2110 the server answers with an error      2111 the key holds another type      2112 login or permission
 *     2113 out of memory      2114 not ready (loading, busy, no master)      2115 read only
 *     2116 belongs to another node of the cluster      2117 no such script      2118 too many clients
 *     2119 transaction not carried out
 *     2120 connection lost while in use      2121 command timed out      2122 the reply is none of Redis
 */

export const REDIS_CODE = {
  other: 2100,
  refused: 2110,
  wrongType: 2111,
  login: 2112,
  memory: 2113,
  notReady: 2114,
  readOnly: 2115,
  otherNode: 2116,
  noScript: 2117,
  clients: 2118,
  transaction: 2119,
  lost: 2120,
  timeout: 2121,
  malformed: 2122,
} as const;

/** Rejected by every command that fails. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** A number of the table above. */
  readonly code: number;

  constructor(message: string, code: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** By the first word of the server's error. */
const BY_WORD: Readonly<Record<string, number>> = {
  WRONGTYPE: REDIS_CODE.wrongType,
  NOAUTH: REDIS_CODE.login,
  WRONGPASS: REDIS_CODE.login,
  NOPERM: REDIS_CODE.login,
  OOM: REDIS_CODE.memory,
  LOADING: REDIS_CODE.notReady,
  BUSY: REDIS_CODE.notReady,
  MASTERDOWN: REDIS_CODE.notReady,
  CLUSTERDOWN: REDIS_CODE.notReady,
  TRYAGAIN: REDIS_CODE.notReady,
  READONLY: REDIS_CODE.readOnly,
  MOVED: REDIS_CODE.otherNode,
  ASK: REDIS_CODE.otherNode,
  CROSSSLOT: REDIS_CODE.otherNode,
  NOSCRIPT: REDIS_CODE.noScript,
  EXECABORT: REDIS_CODE.transaction,
};

/** The error for a reply that is one; the message without the arguments that some replies repeat. */
export function errorOfReply(reply: string, cause: unknown): RedisError {
  const word = /^[A-Z]+/.exec(reply)?.[0] ?? '';
  let code = BY_WORD[word] ?? REDIS_CODE.refused;
  if (/max number of clients/i.test(reply)) code = REDIS_CODE.clients;
  else if (/invalid password|AUTH.*without any password/i.test(reply)) code = REDIS_CODE.login;
  return new RedisError(reply.replace(/, with args beginning with.*$/s, '').trim(), code, cause);
}
