/** The three kinds of x axis: time of the run, response time (logarithmic), percentile (logarithmic to 100 %). */

import { formatMs } from '../../terminal/format.ts';
import { BINS_PER_DECADE, binStart } from '../scale.ts';
import type { XAxis } from './chart.ts';

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** `0:07`, `12:30`, `1:02:05`; tenths where a run is over in a few seconds. */
export function clockOf(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${pad(whole % 60)}${tenths % 10 === 0 ? '' : `.${tenths % 10}`}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Seconds. `endMs` tells how far the run went. */
export function timeAxis(endMs: () => number): XAxis {
  return {
    name: 'Time',
    format: clockOf,
    range: () => [0, Math.max(1, endMs() / 1000)],
    increments: [
      0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
      86_400,
    ],
  };
}

/** Bins of a histogram. */
export const binAxis: XAxis = {
  name: 'From',
  format: (bin) => formatMs(binStart(bin)),
  range: (min, max) => [min, Math.max(max, min + 2)],
  ticks: (min, max) => {
    const decades = (max - min) / BINS_PER_DECADE;
    const parts = decades > 3 ? [0] : decades > 1.2 ? [0, Math.log10(3)] : [0, 0.30103, 0.69897];
    const ticks: number[] = [];
    for (let decade = Math.floor(min / BINS_PER_DECADE); decade * BINS_PER_DECADE <= max; decade++) {
      for (const part of parts) {
        const at = (decade + part) * BINS_PER_DECADE;
        if (at >= min && at <= max) ticks.push(at);
      }
    }
    return ticks;
  },
};

/** Place of a percentile: 90 % is 1, 99 % is 2, 99.9 % is 3. 100 % of `count` samples is where the last of them is. */
export function percentilePlace(p: number, count: number): number {
  return Math.log10(Math.min(Math.max(1, count), 100 / Math.max(100 - p, 1e-12)));
}

function percentileText(place: number): string {
  const p = 100 - 100 / 10 ** place;
  const decimals = Math.max(0, Math.ceil(place) - 2);
  return `${Number(p.toFixed(Math.max(decimals, p % 1 === 0 ? 0 : 1)))} %`;
}

export const percentileAxis: XAxis = {
  name: 'Percentile',
  format: percentileText,
  range: (min, max) => [min, Math.max(max, 1)],
  ticks: (min, max) => [0, Math.log10(2), 1, 2, 3, 4, 5, 6, 7].filter((tick) => tick >= min && tick <= max),
};
