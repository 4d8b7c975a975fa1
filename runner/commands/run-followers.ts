/** Who follows a run, by its flags. Each is loaded only where it is asked for. */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunFlags } from '../config/run-flags.ts';
import type { RunFollower } from '../run/follower.ts';
import type { LogLevel } from '../terminal/live-view.ts';

export interface FollowerFacts {
  readonly script: string;
  readonly flags: RunFlags;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (text: string) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** Rejects where one cannot do what it is asked for: the run is then refused. */
export async function runFollowers(facts: FollowerFacts): Promise<RunFollower[]> {
  const followers: RunFollower[] = [];
  try {
    await addAll(followers, facts);
    return followers;
  } catch (error) {
    // Those before it have begun their files.
    for (const follower of followers) follower.discarded?.();
    throw error;
  }
}

async function addAll(
  followers: RunFollower[],
  { flags, cwd, env, script, warn, log }: FollowerFacts,
): Promise<void> {
  const { traceSlowest } = flags;
  if (flags.save !== undefined) {
    const { saveResult } = await import('../results/save.ts');
    followers.push(saveResult({ file: resolve(cwd, flags.save), script, traceSlowest, warn }));
  }
  if (flags.baseline !== undefined) {
    const { compareWithBaseline } = await import('../compare/follow.ts');
    followers.push(compareWithBaseline(flags, warn));
  }
  if (flags.outputs.length > 0) {
    const [{ createOutputs }, { OutputFollower }] = await Promise.all([
      import('../outputs/registry.ts'),
      import('../outputs/output-follower.ts'),
    ]);
    followers.push(new OutputFollower(await createOutputs(flags.outputs, { cwd, env, warn, log }), warn));
  }
  if (flags.report !== undefined) {
    const { writeReport } = await import('../page/follow.ts');
    const file = resolve(cwd, flags.report);
    const report = writeReport(file, warn);
    followers.push(report);
    // A device has no place beside it.
    if (flags.save === undefined && statSync(file, { throwIfNoEntry: false })?.isFile() !== false) {
      const { journalOf, keepJournal } = await import('../results/save.ts');
      const isWritten = (): boolean => report.problem === undefined;
      followers.push(keepJournal({ file: journalOf(file), script, traceSlowest, warn }, isWritten));
    }
  }
  if (flags.dashboard !== undefined) {
    const { serveDashboard } = await import('../dashboard/dashboard.ts');
    followers.push(await serveDashboard(script, flags.dashboard));
  }
}
