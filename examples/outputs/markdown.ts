/**
 * An output of your own: a line of a Markdown table for every second, and the verdict below it.
 *
 *     npx brunt run examples/quickstart.ts -o ./examples/outputs/markdown.ts=course.md
 */

import { appendFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineOutput } from 'brunt/output';

const ms = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : `${value.toFixed(1)} ms`;

export default defineOutput(({ target = 'course.md', cwd }) => {
  const file = resolve(cwd, target);
  let seconds = 0;
  return {
    async open(run) {
      await writeFile(
        file,
        `# ${run.script}\n\n| second | requests | p50 | p95 | VUs |\n|---|---|---|---|---|\n`,
      );
    },

    async batch(batch) {
      seconds += 1;
      const duration = batch.trend('http_req_duration')?.interval;
      const cells = [
        seconds,
        batch.counter('http_reqs')?.interval.sum ?? 0,
        ms(duration?.percentile(50)),
        ms(duration?.percentile(95)),
        batch.gauge('vus')?.total.value ?? '',
      ];
      await appendFile(file, `| ${cells.join(' | ')} |\n`);
    },

    async summary({ run }) {
      await appendFile(file, `\n${run.verdict}${run.reasons.map((reason) => `\n- ${reason}`).join('')}\n`);
    },
  };
});
