/** OUTPUTS: receivers that did not get everything; silent where they did. */

import type { OutputSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { wrap } from '../width.ts';

function share(lost: number, arrived: number, what: string): string {
  const all = arrived + lost;
  return lost === all ? 'got nothing' : `lacks ${formatCount(lost)} of ${formatCount(all)} ${what}`;
}

function lossOf({ batches, lost, samples }: OutputSummary): string {
  if (samples !== undefined && samples.lost > 0) return share(samples.lost, samples.written, 'samples');
  return lost > 0 ? share(lost, batches, 'seconds') : 'may lack its end';
}

export function outputItems(summary: Summary, width: number, style: Style): Item[] {
  const failed = (summary.outputs ?? []).filter(
    ({ lost, problem, samples }) => lost > 0 || (samples?.lost ?? 0) > 0 || problem !== undefined,
  );
  if (failed.length === 0) return [];
  const items: Item[] = [line(style.paint('strong', 'OUTPUTS'))];
  for (const output of failed) {
    const reason = output.problem === undefined ? '' : `: ${output.problem}`;
    wrap(clean(`${output.name} ${lossOf(output)}${reason}`), width - 4).forEach((text, i) => {
      items.push(line(i === 0 ? `${style.paint('warn', '!')} ${text}` : `  ${text}`));
    });
  }
  return items;
}
