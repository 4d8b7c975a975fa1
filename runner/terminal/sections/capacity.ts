/**
 * CAPACITY: the rate that a search found, and throughput against latency as a table with a bar per probe:
 *
 *     CAPACITY limit  249/s held, 254/s failed: iteration_response_time p(95)<50: 68.3 ms
 *     offered           /s      p50      p95      p99      max   failed  p99, logarithmic
 *     ✓ 50/s            50   5.5 ms   8.6 ms     9 ms     9 ms      0 %  ━
 *     ✓ 200/s knee     200   4.9 ms     8 ms  12.3 ms    13 ms      0 %  ━━
 *     ✗ 400/s          250   892 ms   1.12 s   1.14 s   1.15 s      0 %  ━━━━━━━━━━━━
 */

import type { CapacityProbe, CapacitySummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatMs, formatPercent, formatRate } from '../format.ts';
import { heading, type Item, line, type Row } from '../grid.ts';
import type { Style } from '../style.ts';
import { wrap } from '../width.ts';

/** Columns of the longest bar, with room for all columns of numbers and without. */
const BAR = 12;
const SHORT_BAR = 5;
/** Narrower than this, long bars would be cut. */
const WIDE = 90;

/** Probes beyond this many are left out, the farthest from the limit first, unless everything was asked for. */
const MOST_PROBES = 20;

const KNEE = 'knee = highest throughput / mean response time; /s = completions';

/** `249/s held, 254/s failed: …` */
export function headline({ rate, failedAt, limitedBy, end, probes }: CapacitySummary): string {
  const why = limitedBy.length === 0 ? '' : `: ${limitedBy.join(', ')}`;
  const last = probes.at(-1);
  if (end === 'generator' && last !== undefined) {
    const known = rate === null ? '' : `${formatRate(rate)}/s held; `;
    return `not found: ${known}at ${formatRate(last.rate)}/s the generator was the limit`;
  }
  if (rate === null)
    return `none found${failedAt === null ? '' : `, ${formatRate(failedAt)}/s failed${why}`}`;
  if (failedAt === null) {
    const top = end === 'above' ? ', the highest allowed (maxRate): the limit lies above' : ', none failed';
    return `${formatRate(rate)}/s held${top}`;
  }
  return `${formatRate(rate)}/s held, ${formatRate(failedAt)}/s failed${why}`;
}

/** Of the bars: shortest and longest p99, and the columns of the longest. */
interface Scale {
  readonly least: number;
  readonly most: number;
  readonly bar: number;
}

/** One column at the shortest p99, all of them at the longest. */
function barLength(p99: number, { least, most, bar }: Scale): number {
  if (most <= least) return 1;
  return 1 + Math.round(((bar - 1) * Math.log(p99 / least)) / Math.log(most / least));
}

function probeRow(probe: CapacityProbe, knee: number | null, scale: Scale): Row {
  const { rate, achieved, responseTime: times, failedShare, held } = probe;
  const tone = held ? 'good' : 'bad';
  return {
    kind: 'row',
    label: `${held ? '✓' : '✗'} ${formatRate(rate)}/s${rate === knee ? ' knee' : ''}`,
    tone: held ? 'plain' : 'bad',
    cells: {
      rate: { text: formatRate(achieved) },
      p50: { text: formatMs(times?.p50) },
      p95: { text: formatMs(times?.p95) },
      p99: { text: formatMs(times?.p99) },
      max: { text: formatMs(times?.max) },
      failed: { text: formatPercent(failedShare), tone: (failedShare ?? 0) > 0 ? 'bad' : 'faint' },
    },
    ...(times === null ? {} : { note: { text: '━'.repeat(barLength(times.p99, scale)), tone } }),
  };
}

/** Nearest to the limit, by ratio. */
function nearest(probes: readonly CapacityProbe[], limit: number, count: number): readonly CapacityProbe[] {
  const distance = (probe: CapacityProbe): number => Math.abs(Math.log(probe.rate / limit));
  const kept = new Set(probes.toSorted((a, b) => distance(a) - distance(b)).slice(0, count));
  return probes.filter((probe) => kept.has(probe));
}

function scenarioItems(
  name: string,
  found: CapacitySummary,
  width: number,
  full: boolean,
  style: Style,
): Item[] {
  const sorted = found.probes.toSorted((a, b) => a.rate - b.rate || a.number - b.number);
  const limit = found.rate ?? found.failedAt ?? sorted[0]?.rate ?? 1;
  const shown = full ? sorted : nearest(sorted, limit, MOST_PROBES);
  const p99s = shown.flatMap(({ responseTime }) => (responseTime === null ? [] : [responseTime.p99]));
  // A time of nothing has no logarithm.
  const least = Math.max(0.001, Math.min(...p99s));
  const scale = { least, most: Math.max(least, ...p99s), bar: width < WIDE ? SHORT_BAR : BAR };
  const title = `CAPACITY ${clean(name)}  ${clean(headline(found))}`;
  const [first = '', ...rest] = wrap(title, width - 2);
  const head = 'CAPACITY';
  const hidden = sorted.length - shown.length;
  return [
    line(style.paint('strong', head) + first.slice(head.length)),
    ...rest.map((text) => line(text)),
    ...(shown.length === 0
      ? []
      : [
          {
            ...heading('', ['rate', 'p50', 'p95', 'p99', 'max', 'failed']),
            label: 'offered',
            tone: 'faint',
            note: { text: width < WIDE ? 'p99' : 'p99, logarithmic', tone: 'faint' },
          } as const,
        ]),
    ...shown.map((probe) => probeRow(probe, found.knee, scale)),
    ...(hidden > 0 ? [line(style.paint('faint', `and ${hidden} more probes`))] : []),
    ...(found.knee === null ? [] : wrap(KNEE, width - 2).map((text) => line(style.paint('faint', text)))),
    ...found.notes.flatMap((note) =>
      wrap(clean(note), width - 4).map((text, i) =>
        line(i === 0 ? `${style.paint('warn', '→')} ${text}` : `  ${text}`),
      ),
    ),
  ];
}

export function capacityItems(summary: Summary, width: number, full: boolean, style: Style): Item[][] {
  return Object.entries(summary.scenarios).flatMap(([name, { capacity }]) =>
    capacity === undefined ? [] : [scenarioItems(name, capacity, width, full, style)],
  );
}
