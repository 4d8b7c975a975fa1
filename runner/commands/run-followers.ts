/** Who follows a run, by its flags. Each is loaded only where it is asked for. */

import { resolve } from 'node:path';
import type { RunFlags } from '../config/run-flags.ts';
import type { RunFollower } from '../run/follower.ts';

export interface FollowerFacts {
  readonly script: string;
  readonly flags: RunFlags;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (text: string) => void;
}

/** Rejects where one cannot do what it is asked for: the run is then refused. */
export async function runFollowers({ flags, cwd, env, script, warn }: FollowerFacts): Promise<RunFollower[]> {
  const followers: RunFollower[] = [];
  if (flags.save !== undefined) {
    const { saveResult } = await import('../results/save.ts');
    followers.push(
      saveResult({ file: resolve(cwd, flags.save), script, traceSlowest: flags.traceSlowest, warn }),
    );
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
    followers.push(new OutputFollower(await createOutputs(flags.outputs, { cwd, env, warn }), warn));
  }
  if (flags.report !== undefined) {
    const { writeReport } = await import('../page/follow.ts');
    followers.push(writeReport(resolve(cwd, flags.report), warn));
  }
  return followers;
}
