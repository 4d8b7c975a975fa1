/** Why an exchange on the wire ended badly; the numbers are those of `error-codes.ts`. */

import { CODE, FailureError } from '../error-codes.ts';

/** The answer is not HTTP/1.1. `what`: in the words of who has to mend the server. */
export function malformed(what: string): FailureError {
  return new FailureError({ code: CODE.malformed, message: `malformed response: ${what}` });
}

/** The other side ended the connection in order, but too early. */
export function closedEarly(): Error {
  return Object.assign(new Error('the other side closed the connection'), { code: 'UND_ERR_SOCKET' });
}

/** The request cannot be written as the script gave it. */
export function unsendable(message: string): Error {
  return Object.assign(new Error(message), { code: 'UND_ERR_INVALID_ARG' });
}
