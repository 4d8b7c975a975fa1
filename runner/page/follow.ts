/** `--report FILE`: follows a run and writes its report at the end. */

import { RunCourse } from '../course/course.ts';
import { reasonOf } from '../files/reason.ts';
import { writeFile } from '../files/write.ts';
import type { RunFollower } from '../run/follower.ts';
import type { Summary } from '../summary/model.ts';
import { reportHtml } from './report.ts';

export function writeReport(file: string, warn: (text: string) => void): RunFollower {
  const course = new RunCourse();
  let problem: string | undefined;
  const write = (summary: Summary): void => {
    try {
      writeFile(file, reportHtml(summary, course));
    } catch (error) {
      problem = reasonOf(error);
      warn(`the report could not be written to ${file}: ${problem}`);
    }
  };
  return {
    name: '--report',
    get problem() {
      return problem;
    },
    snapshot: (bytes) => course.addBytes(bytes),
    ended: write,
    abandoned: write,
  };
}
