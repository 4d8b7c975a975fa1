/** `--save FILE`: follows a run and writes its result. */

import type { RunFollower } from '../run/follower.ts';
import { ResultWriter } from './writer.ts';

/** Creates the file; throws where that is not possible. */
export function saveResult(file: string, script: string, warn: (text: string) => void): RunFollower {
  const writer = new ResultWriter(file, script, warn);
  return {
    name: '--save',
    get problem() {
      return writer.problem;
    },
    snapshot: (bytes) => writer.add(bytes),
    ended: (summary) => writer.finish(summary),
    abandoned: (summary) => writer.finish(summary),
    discarded: () => writer.discard(),
  };
}
