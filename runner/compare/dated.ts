/** Results in the order in which they were made: a history. */

import { messageOf } from '../ci/report.ts';
import { loadFrame } from '../results/result.ts';
import type { Summary } from '../summary/model.ts';
import { identityOf, type RunIdentity } from './identity.ts';

export interface Dated {
  readonly file: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly identity: RunIdentity;
  readonly summary: Summary | undefined;
}

export interface Unread {
  readonly file: string;
  readonly reason: string;
}

/** Oldest first. What cannot be read is no reason not to look at the rest. */
export async function datedResults(
  files: readonly string[],
): Promise<{ readonly results: readonly Dated[]; readonly unread: readonly Unread[] }> {
  const results: Dated[] = [];
  const unread: Unread[] = [];
  for (const file of files) {
    try {
      const { head, summary } = await loadFrame(file);
      const startedAt = summary?.run.startedAt ?? head.startedAt;
      results.push({ file, startedAt, identity: identityOf(file, summary), summary });
    } catch (error) {
      unread.push({ file, reason: messageOf(error) });
    }
  }
  results.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
  return { results, unread };
}
