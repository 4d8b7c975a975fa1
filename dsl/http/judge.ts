/** How a protocol over HTTP looks at a response before it is recorded, and may count it as failed whatever its status. */

import type { RawHeaders } from './raw-headers.ts';

/** Key of a judge among the params of a request; scripts have no name for it. */
export const JUDGE: unique symbol = Symbol('judge');

/** Why a response counts as failed. */
export interface Verdict {
  readonly code: number;
  readonly message: string;
}

/** Called once per response, redirects included; undefined leaves the decision to the expected statuses. */
export type Judge = (status: number, body: string, headers: RawHeaders) => Verdict | undefined;
