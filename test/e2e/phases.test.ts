/** The phases of requests against a packet capture of the same run; `npm run phases` prints the whole table. */

import { expect, test } from 'vitest';
import { hasTshark } from '../../bench/phases/capture.ts';
import { comparePhases, KINDS } from '../../bench/phases/compare.ts';
import { BIN } from '../helpers/cli.ts';

const LIMIT_MS = 0.5;

test('every phase agrees with the wire within half a millisecond', { timeout: 90_000 }, async (context) => {
  if (!hasTshark()) {
    const reason = 'tshark is missing; install it with: apt-get install tshark';
    if (process.env.BRUNT_REQUIRE_SERVICES === '1') throw new Error(reason);
    context.skip(reason);
  }
  const rows = await comparePhases(BIN, 40).catch((error: Error) => {
    if (error.message.includes('could not capture')) context.skip(error.message);
    throw error;
  });
  // New connections show five phases over TLS and four without; kept ones three; and the duration of each kind.
  expect(rows.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual(
    KINDS.flatMap((kind) => [
      ...(kind.endsWith('new') ? [`${kind} connecting`] : []),
      ...(kind === 'tls-new' ? [`${kind} tls_handshaking`] : []),
      ...['sending', 'waiting', 'receiving', 'duration'].map((phase) => `${kind} ${phase}`),
    ]),
  );
  expect(rows.filter(({ requests }) => requests < 30)).toEqual([]);
  expect(rows.filter(({ differenceMedian }) => differenceMedian > LIMIT_MS)).toEqual([]);
});
