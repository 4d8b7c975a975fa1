/** CHECKS by group: failing ones first and each with its count, passing ones as a number. */

import type { CheckSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount, formatPercent } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { cutMiddle, padEnd, padStart, textWidth } from '../width.ts';

const MOST_FAILING = 20;

/** `::shop::cart` as `shop › cart`. */
export function groupName(group: string): string {
  return group
    .split('::')
    .filter((part) => part !== '')
    .map(clean)
    .join(' › ');
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

interface Widths {
  readonly name: number;
  readonly fails: number;
}

function checkLine(check: CheckSummary, indent: number, widths: Widths, style: Style): Item {
  const total = check.passes + check.fails;
  const nameWidth = widths.name - indent;
  const name = padEnd(cutMiddle(clean(check.name), nameWidth), nameWidth);
  const mark =
    ' '.repeat(indent) + style.paint(check.fails > 0 ? 'bad' : 'good', check.fails > 0 ? '✗' : '✓');
  if (check.fails === 0) return line(`${mark} ${name}  ${style.paint('faint', formatCount(total))}`);
  const failed = style.paint(
    'bad',
    `${padStart(formatCount(check.fails), widths.fails)} of ${formatCount(total)} failed`,
  );
  return line(
    `${mark} ${name}  ${failed}${style.paint('faint', `  ${formatPercent(check.passes / total)} passed`)}`,
  );
}

function byGroup(checks: readonly CheckSummary[]): ReadonlyMap<string, readonly CheckSummary[]> {
  const groups = new Map<string, CheckSummary[]>();
  for (const check of checks) {
    const members = groups.get(check.group);
    if (members === undefined) groups.set(check.group, [check]);
    else members.push(check);
  }
  // Checks outside of any group stand first: a heading could not end the group before them.
  return new Map([...groups].sort(([a], [b]) => Number(a !== '') - Number(b !== '')));
}

export function checkItems(summary: Summary, width: number, full: boolean, style: Style): Item[] {
  const checks = summary.checks.filter((c) => c.passes + c.fails > 0);
  if (checks.length === 0) return [];
  const passes = checks.reduce((sum, c) => sum + c.passes, 0);
  const fails = checks.reduce((sum, c) => sum + c.fails, 0);
  const total = passes + fails;
  const failing = checks.filter((c) => c.fails > 0).sort((a, b) => b.fails - a.fails);
  const passing = checks.filter((c) => c.fails === 0);
  const shownFailing = full ? failing : failing.slice(0, MOST_FAILING);
  const shown = full ? [...failing, ...passing] : shownFailing;

  const verdict =
    fails === 0
      ? `${style.paint('good', '✓')} ${plural(checks.length, 'check')}, ${formatCount(passes)} of ${formatCount(total)} passed`
      : `${formatPercent(passes / total)} passed, ${style.paint('bad', `${formatCount(fails)} of ${formatCount(total)} failed`)}`;
  const items: Item[] = [line(`${style.paint('strong', 'CHECKS')}  ${verdict}`)];
  const indentOf = (check: CheckSummary) => (groupName(check.group) === '' ? 0 : 2);
  const widest = Math.max(0, ...shown.map((c) => textWidth(clean(c.name)) + indentOf(c)));
  const widths = {
    name: Math.min(widest, Math.max(16, width - 46)),
    fails: Math.max(0, ...shown.filter((c) => c.fails > 0).map((c) => formatCount(c.fails).length)),
  };
  for (const [group, members] of byGroup(shown)) {
    const name = groupName(group);
    if (name !== '') items.push(line(style.paint('accent', cutMiddle(name, width - 2))));
    for (const check of members) items.push(checkLine(check, indentOf(check), widths, style));
  }
  const hiddenFailing = failing.length - shownFailing.length;
  if (hiddenFailing > 0)
    items.push(line(style.paint('bad', `and ${plural(hiddenFailing, 'more failing check')}`)));
  if (!full && fails > 0 && passing.length > 0) {
    items.push(
      line(
        `${style.paint('good', '✓')} ${style.paint('faint', `${plural(passing.length, 'other check')} passed`)}`,
      ),
    );
  }
  return items;
}
