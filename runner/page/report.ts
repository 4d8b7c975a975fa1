/** The HTML report: the page of a run that ended, or of what is left of one. */

import type { RunCourse } from '../course/course.ts';
import type { Summary } from '../summary/model.ts';
import { clean } from '../terminal/clean.ts';
import { pageData } from './build.ts';
import { pageHtml } from './html.ts';

export function reportHtml(summary: Summary, course: RunCourse): string {
  const state = summary.partial === undefined ? 'ended' : 'partial';
  const verdict = summary.partial === undefined ? summary.run.verdict : 'partial';
  return pageHtml({
    title: `${clean(summary.run.script)}: ${verdict}`,
    kind: 'report',
    data: pageData({ state, summary, course }),
  });
}
