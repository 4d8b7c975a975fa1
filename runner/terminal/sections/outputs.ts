/** OUTPUTS: receivers that did not get everything; silent where they did. */

import type { OutputSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { wrap } from '../width.ts';

function lossOf({ batches, lost }: OutputSummary): string {
  if (lost === 0) return 'may lack its end';
  const all = batches + lost;
  return lost === all ? 'got nothing' : `lacks ${formatCount(lost)} of ${formatCount(all)} seconds`;
}

export function outputItems(summary: Summary, width: number, style: Style): Item[] {
  const failed = (summary.outputs ?? []).filter(({ lost, problem }) => lost > 0 || problem !== undefined);
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
