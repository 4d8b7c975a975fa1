/**
 * The live view as a function from state to lines:
 *
 *     checkout.ts  running  12s of 30s                      1 threshold failing
 *
 *     ● browse  ━━━━━━━━──────────   40 %   12s/30s   50 VUs   16 071 done
 *     ○ buy     ──────────────────    0 %   in 18s    20 VUs
 *
 *     1607 req/s   p95 142 ms   failed 0 %   535 iterations/s
 *     ✗ http_req_duration p(99)<500
 *     dashboard http://127.0.0.1:5665/
 *
 * Columns of scenarios that do not fit are left out from the right; scenarios that do not fit are folded into a line.
 */

import type { LiveScenario, LiveState } from '../summary/model.ts';
import { clean } from './clean.ts';
import { formatCount, formatMs, formatPercent, formatRate, formatSpan } from './format.ts';
import type { Style, Tone } from './style.ts';
import { clip, cutMiddle, padEnd, padStart, textWidth } from './width.ts';

const BAR = 20;
const LEAST_BAR = 6;
const LEAST_NAME = 12;
const MOST_THRESHOLDS = 3;

/** In a window lower than this only one failing threshold is named. */
const LOW = 14;

const STATE_MARK: Readonly<Record<LiveScenario['state'], readonly [mark: string, tone: Tone]>> = {
  waiting: ['○', 'faint'],
  running: ['●', 'accent'],
  stopping: ['●', 'warn'],
  done: ['✓', 'good'],
};

/** Which scenarios are worth a line where not all fit. */
const INTEREST: Readonly<Record<LiveScenario['state'], number>> = {
  running: 0,
  stopping: 1,
  waiting: 2,
  done: 3,
};

/** What is going on, in words; also for the steps before the start, which take a while with many VUs. */
export const PHASE_TEXT: Readonly<Record<LiveState['phase'], string>> = {
  bundling: 'bundling the script',
  preparing: 'preparing VUs',
  setup: 'running setup',
  running: 'running',
  stopping: 'stopping, waiting for iterations to end',
  teardown: 'running teardown',
  done: 'done',
};

function share(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}

function bar(progress: number, width: number, tone: Tone, style: Style): string {
  // A full bar means done: the last column is kept for it.
  const full = progress >= 1 ? width : Math.min(width - 1, Math.floor(progress * width));
  return style.paint(tone, '━'.repeat(full)) + style.paint('faint', '─'.repeat(width - full));
}

function timeText(scenario: LiveScenario, elapsedMs: number): string {
  if (scenario.state === 'waiting')
    return scenario.elapsedMs < 0 ? `in ${formatSpan(-scenario.elapsedMs, 'whole')}` : 'waiting';
  if (scenario.state === 'done') return 'done';
  const at = formatSpan(Math.min(Math.max(0, scenario.elapsedMs), Math.max(0, elapsedMs)), 'whole');
  return scenario.state === 'stopping' ? 'stopping' : `${at}/${formatSpan(scenario.durationMs, 'whole')}`;
}

function percentText(progress: number): string {
  return `${Math.floor(share(progress) * 100)} %`;
}

/** Columns after name and bar, the most wanted first. */
function columnsOf(scenario: LiveScenario, elapsedMs: number): readonly string[] {
  const done =
    scenario.iterations === undefined
      ? `${formatCount(scenario.complete)} done`
      : `${formatCount(scenario.complete)}/${formatCount(scenario.iterations)} done`;
  const vus =
    scenario.activeVUs === scenario.maxVUs
      ? formatCount(scenario.maxVUs)
      : `${formatCount(scenario.activeVUs)}/${formatCount(scenario.maxVUs)}`;
  return [
    percentText(scenario.progress),
    timeText(scenario, elapsedMs),
    `${vus} VU${scenario.maxVUs === 1 ? '' : 's'}`,
    scenario.targetRate === undefined ? '' : `target ${formatRate(scenario.targetRate)}/s`,
    clean(scenario.note ?? ''),
    done,
    scenario.dropped > 0 ? `${formatCount(scenario.dropped)} dropped` : '',
  ];
}

function scenarioLines(
  scenarios: readonly LiveScenario[],
  elapsedMs: number,
  width: number,
  style: Style,
): string[] {
  const cells = scenarios.map((s) => columnsOf(s, elapsedMs));
  const columns = cells[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...cells.map((row) => textWidth(row[i] as string))),
  );
  const longestName = Math.max(LEAST_NAME, Math.floor(width / 4));
  const names = scenarios.map((s) => cutMiddle(clean(s.name), longestName));
  let nameWidth = Math.max(...names.map(textWidth));
  // Mark, name and bar first; then as many columns as fit; what is left over makes the bar longer.
  const fixed = 2 + 2 + 2 + LEAST_BAR;
  nameWidth = Math.max(4, Math.min(nameWidth, width - fixed - 7));
  let left = width - fixed - nameWidth;
  const kept = widths.map((w) => {
    const fits = w > 0 && left >= w + 2;
    if (fits) left -= w + 2;
    return fits;
  });
  const barWidth = Math.min(BAR, LEAST_BAR + Math.max(0, left));
  return scenarios.map((scenario, n) => {
    const [mark, tone] = STATE_MARK[scenario.state];
    let text = `${style.paint(tone, mark)} ${padEnd(cutMiddle(names[n] as string, nameWidth), nameWidth)}  `;
    text += bar(share(scenario.progress), barWidth, scenario.state === 'done' ? 'good' : tone, style);
    (cells[n] as readonly string[]).forEach((cell, i) => {
      if (!kept[i]) return;
      const padded = `  ${padStart(cell, widths[i] as number)}`;
      text += i === columns - 1 ? style.paint('warn', padded) : padded;
    });
    return text.trimEnd();
  });
}

/** The scenarios that get a line, in their own order, and a line about the others. */
function fold(
  scenarios: readonly LiveScenario[],
  room: number,
): [readonly LiveScenario[], string | undefined] {
  if (scenarios.length <= room) return [scenarios, undefined];
  const lines = Math.max(0, room - 1);
  const chosen = new Set(
    [...scenarios].sort((a, b) => INTEREST[a.state] - INTEREST[b.state]).slice(0, lines),
  );
  const rest = scenarios.filter((s) => !chosen.has(s));
  const counts = (['running', 'stopping', 'waiting', 'done'] as const)
    .map((state) => [rest.filter((s) => s.state === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  return [scenarios.filter((s) => chosen.has(s)), `… ${rest.length} more: ${counts.join(', ')}`];
}

/** The numbers of the whole run, most wanted first. */
function totals(state: LiveState): readonly (readonly [Tone, string])[] {
  // One loop of VUs, even one that is done by now, and the measured rate is not the one that was aimed at.
  const open = state.scenarios.every((s) => s.state === 'waiting' || s.targetRate !== undefined);
  const targets = state.scenarios.filter((s) => s.state === 'running').map((s) => s.targetRate ?? 0);
  const target = targets.reduce((sum, rate) => sum + rate, 0);
  const goal = open && targets.length > 0 ? ` of ${formatRate(target)}/s` : '/s';
  const dropped = state.scenarios.reduce((sum, s) => sum + s.dropped, 0);
  return [
    ...(state.requests > 0
      ? ([
          ['plain', `${formatRate(state.requestsPerSecond)} req/s`],
          ['strong', `p95 ${formatMs(state.p95Ms)}`],
          [(state.failedRate ?? 0) > 0 ? 'bad' : 'plain', `failed ${formatPercent(state.failedRate)}`],
        ] as const)
      : []),
    ['plain', `iterations ${formatRate(state.iterationsPerSecond)}${goal}`],
    ...(state.iterationErrors > 0
      ? ([
          ['bad', `${formatCount(state.iterationErrors)} error${state.iterationErrors === 1 ? '' : 's'}`],
        ] as const)
      : []),
    ...(dropped > 0 ? ([['warn', `${formatCount(dropped)} dropped`]] as const) : []),
  ];
}

/** Time gone, and of how much where that is known. */
function runTime({ elapsedMs, durationMs }: LiveState, of: string): string {
  const gone = formatSpan(elapsedMs, 'whole');
  return durationMs > 0 && elapsedMs <= durationMs + 1000
    ? `${gone}${of}${formatSpan(durationMs, 'whole')}`
    : gone;
}

function headLine(state: LiveState, width: number, style: Style): string {
  const time = state.phase === 'running' || state.phase === 'stopping' ? `  ${runTime(state, ' of ')}` : '';
  const phase = `${PHASE_TEXT[state.phase]}${time}`;
  const script = cutMiddle(clean(state.script), Math.max(8, width - 4 - textWidth(phase)));
  return `${style.paint('strong', script)}  ${style.paint(state.phase === 'stopping' ? 'warn' : 'faint', phase)}`;
}

function failingLines(failing: readonly string[], most: number, style: Style): string[] {
  const shown = failing.slice(0, most).map((text) => `✗ ${clean(text)}`);
  const others = failing.length - shown.length;
  if (others > 0) shown.push(`… ${others} more failing`);
  return shown.map((text) => style.paint('bad', text));
}

/** Parts side by side, as many to a line as fit. */
function joinParts(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}   ${part}`;
    if (last === undefined || textWidth(joined) > width) lines.push(part);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

/**
 * The block to draw: at most `height` lines, none wider than `width`. Before the run it is one line that says what is
 * being done; after it, nothing.
 */
export function renderLive(state: LiveState, width: number, height: number, style: Style): string[] {
  if (state.phase === 'done') return [];
  const head = headLine(state, width, style);
  const finish = (lines: readonly string[]) =>
    lines
      .slice(0, Math.max(1, height))
      .map((text) => (text === '' ? '' : style.encode(clip(`  ${text}`, width))));
  const link =
    state.dashboard === undefined ? [] : [`${style.paint('faint', 'dashboard')} ${state.dashboard}`];
  if (state.phase === 'bundling' || state.phase === 'preparing' || state.phase === 'setup')
    return finish([head, ...link]);

  const failing = failingLines(state.thresholdsFailing, height < LOW ? 1 : MOST_THRESHOLDS, style);
  const numbers = joinParts(
    totals(state).map(([tone, text]) => style.paint(tone, text)),
    width - 2,
  );
  // Blank lines are the first thing to go where the window is low.
  const airy =
    height >= 3 + numbers.length + failing.length + link.length + Math.min(state.scenarios.length, 3);
  const gap = airy ? [''] : [];
  const room = height - 1 - numbers.length - failing.length - link.length - 2 * gap.length;
  const [shown, folded] = fold(state.scenarios, Math.max(1, room));
  return finish([
    head,
    ...gap,
    ...(shown.length > 0 ? scenarioLines(shown, state.elapsedMs, width - 2, style) : []),
    ...(folded === undefined ? [] : [style.paint('faint', folded)]),
    ...gap,
    ...numbers,
    ...failing,
    ...link,
  ]);
}

/** The same in one line without escapes, for pipes and CI. */
export function renderProgress(state: LiveState, style: Style): string {
  const failing = state.thresholdsFailing;
  const vus = state.scenarios.reduce((sum, s) => sum + s.activeVUs, 0);
  const parts = [
    `${PHASE_TEXT[state.phase]} ${runTime(state, '/')}`,
    `${formatCount(vus)} VUs`,
    ...totals(state).map(([, text]) => text),
    failing.length === 0
      ? ''
      : `${failing.length} failing: ${failing.slice(0, MOST_THRESHOLDS).map(clean).join('; ')}${failing.length > MOST_THRESHOLDS ? '; …' : ''}`,
  ];
  return style.encode(parts.filter((part) => part !== '').join('  '));
}
