/** What the bar and the tab's title say. */

import type { LiveRun } from '../../../dashboard/wire.ts';
import type { LiveState, Summary } from '../../../summary/model.ts';
import { formatPercent, formatSpan } from '../../../terminal/format.ts';
import { PHASE_TEXT } from '../../../terminal/live.ts';
import { outside } from '../text.ts';
import type { Tone } from '../words.ts';

export type LinkState = 'opening' | 'open' | 'lost';

export interface BarWords {
  readonly tone: Tone;
  /** What goes on, in a word or two; announced when it changes. */
  readonly state: string;
  readonly detail: string;
  /** 0 to 1; undefined where nobody can know. */
  readonly progress: number | undefined;
}

/** By time where that is known, else by the scenario that is least far. */
export function progressOf({ durationMs, elapsedMs, scenarios, phase }: LiveState): number | undefined {
  if (phase === 'teardown' || phase === 'done') return 1;
  if (phase !== 'running' && phase !== 'stopping') return undefined;
  const by = scenarios.map(({ progress }) => progress);
  if (durationMs === 0) return by.length === 0 ? undefined : Math.min(...by);
  return Math.min(1, elapsedMs / durationMs, ...(by.every((one) => one === 1) ? by : []));
}

function timeText({ elapsedMs, durationMs, phase }: LiveState): string {
  if (phase !== 'running' && phase !== 'stopping') return '';
  const gone = formatSpan(elapsedMs, 'whole');
  if (durationMs === 0) return gone;
  const leftMs = durationMs - elapsedMs;
  const left = leftMs > 0 && phase === 'running' ? `, ${formatSpan(leftMs, 'whole')} left` : '';
  return `${gone} of ${formatSpan(durationMs, 'whole')}${left}`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const VERDICT: Readonly<Record<Summary['run']['verdict'], readonly [Tone, string]>> = {
  passed: ['good', 'passed'],
  failed: ['bad', 'failed'],
  invalid: ['warn', 'invalid'],
  aborted: ['bad', 'aborted'],
  interrupted: ['warn', 'interrupted'],
  error: ['bad', 'error'],
};

function endWords({ end, page }: LiveRun): BarWords {
  if (end === 'unstarted' || page === null) {
    const detail = 'Its load never began; the terminal says why.';
    return { tone: 'bad', state: 'Run over', detail, progress: undefined };
  }
  const [tone, verdict] = VERDICT[page.summary.run.verdict];
  const detail = `exit code ${page.summary.run.exitCode}; this page keeps what it shows`;
  return { tone, state: `Run over: ${verdict}`, detail, progress: 1 };
}

export function barWords(run: LiveRun | undefined, link: LinkState): BarWords {
  if (run !== undefined && run.end !== null) return endWords(run);
  const progress = run === undefined ? undefined : progressOf(run.live);
  if (link === 'lost') {
    const detail = 'what you see is the last that came; trying again';
    return { tone: 'warn', state: 'Connection lost', detail, progress };
  }
  if (run === undefined) return { tone: 'plain', state: 'Connecting', detail: '', progress };
  const { live } = run;
  const failing = live.thresholdsFailing.length;
  const parts = [
    timeText(live),
    failing === 0 ? '' : `${failing} threshold${failing === 1 ? '' : 's'} failing`,
  ];
  return {
    tone: failing > 0 ? 'bad' : 'plain',
    state: sentence(PHASE_TEXT[live.phase]),
    detail: parts.filter((part) => part !== '').join('; '),
    progress,
  };
}

/** `42 % checkout.ts`, and at the end `failed: checkout.ts`. */
export function titleOf(run: LiveRun, link: LinkState): string {
  const script = outside(run.live.script, 60);
  if (run.end !== null)
    return `${run.end === 'unstarted' || run.page === null ? 'not started' : run.page.summary.run.verdict}: ${script}`;
  if (link === 'lost') return `lost: ${script}`;
  const progress = progressOf(run.live);
  const mark = run.live.thresholdsFailing.length > 0 ? '✗ ' : '';
  return `${mark}${progress === undefined ? '' : `${formatPercent(Math.floor(progress * 100) / 100, 0)} `}${script}`;
}
