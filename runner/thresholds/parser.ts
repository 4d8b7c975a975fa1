/**
 * Threshold texts, such as `p(95)<400`, `rate > 99%` or `p(95)<1.5s over 30s`.
 *
 *     threshold := measure operator limit [ 'over' window ]
 *     measure   := 'p(' number ')'               percentile, 0 to 100
 *                | 'avg' | 'min' | 'med' | 'max' | 'stdev' | 'sum' | 'count'
 *                | 'rate' | 'passes' | 'fails' | 'value' | 'growth' | 'slope'
 *     operator  := '<' | '<=' | '>' | '>=' | '==' | '===' | '!='
 *     limit     := see limit.ts
 *     window    := duration                      whole seconds, at least one
 *
 * Which measure fits which type of metric stands in statistics.ts. White space may stand between all parts.
 */

import { parseDuration } from '../../dsl/duration.ts';
import type { MetricDef } from '../../dsl/metrics.ts';
import { readLimit } from './limit.ts';
import type { Measure, Operator, ThresholdExpression } from './rule.ts';
import { dimensionOf, RISING_STATISTICS, unfitStatistic } from './statistics.ts';

/** What is wrong, and where: `offset` and `length` in characters of the text, counted from 0. */
export interface TextProblem {
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  readonly length: number;
}

export type Parsed =
  | { readonly ok: true; readonly expression: ThresholdExpression }
  | { readonly ok: false; readonly problem: TextProblem };

const MEASURE = /\s*(?:(p\s*\(\s*([^()]*?)\s*\))|([A-Za-z_]\w*(?:\.\d+)?))/y;
const OPERATOR = /\s*([<>=!~]+)\s*/y;
const WINDOW = /(?:^|\s+)over(?=\s|\d|$)\s*/i;
const PLAIN_NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)$/;

const OPERATORS: Readonly<Record<string, Operator>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '==',
  '===': '==',
  '!=': '!=',
};

const MEANT_OPERATOR: Readonly<Record<string, Operator>> = {
  '=': '==',
  '=<': '<=',
  '=>': '>=',
  '!==': '!=',
  '<>': '!=',
  '<<': '<',
  '>>': '>',
};

function fail(text: string, offset: number, length: number, message: string, hint?: string): Parsed {
  const at = Math.min(offset, text.length);
  const problem = { message, offset: at, length: Math.max(1, length) };
  return { ok: false, problem: hint === undefined ? problem : { ...problem, hint } };
}

/** Statistics that grow with the time that they are taken over. */
const GROWING: ReadonlySet<string> = new Set([...RISING_STATISTICS, 'sum']);

/**
 * The meaning of a threshold text for a metric. With `def` undefined (the metric is unknown, which is a problem of
 * its own) only what is wrong for every metric is reported, and the limit's unit is not to be relied on.
 */
export function parseThreshold(text: string, def: MetricDef | undefined): Parsed {
  if (text.trim() === '') {
    return fail(text, 0, text.length, 'The threshold is empty.', 'Write a comparison such as `p(95)<400`.');
  }

  MEASURE.lastIndex = 0;
  const measured = MEASURE.exec(text);
  if (measured === null) {
    const at = text.length - text.trimStart().length;
    return fail(
      text,
      at,
      text.trim().length,
      `A threshold starts with a statistic, but \`${text.trim()}\` does not.`,
      'Write a comparison such as `p(95)<400` or `rate>0.99`.',
    );
  }
  const word = (measured[1] ?? measured[3])!;
  const wordAt = MEASURE.lastIndex - word.length;
  let name = word;
  if (measured[1] !== undefined) {
    const rank = measured[2]!;
    if (!PLAIN_NUMBER.test(rank) || Number(rank) > 100) {
      return fail(
        text,
        wordAt,
        word.length,
        `\`${word}\` is no percentile: N in p(N) is a number from 0 to 100.`,
      );
    }
    name = `p(${Number(rank)})`;
  } else if (word === 'p' && /^\s*\(/.test(text.slice(MEASURE.lastIndex))) {
    return fail(
      text,
      wordAt,
      text.length - wordAt,
      'The bracket of the percentile is not closed.',
      'Write `p(95)`.',
    );
  }
  const unfit = unfitStatistic(name, def);
  if (unfit !== undefined) return fail(text, wordAt, word.length, unfit.message, unfit.hint);
  const measure: Measure =
    name === 'growth' || name === 'slope' ? { kind: name } : { kind: 'stat', stat: name };

  OPERATOR.lastIndex = MEASURE.lastIndex;
  const compared = OPERATOR.exec(text);
  if (compared === null) {
    const at = MEASURE.lastIndex;
    const allowed = 'one of < <= > >= == !=';
    return fail(text, at, text.length - at, `After \`${word}\` an operator has to follow: ${allowed}.`);
  }
  const sign = compared[1]!;
  const operator = OPERATORS[sign];
  if (operator === undefined) {
    const meant = MEANT_OPERATOR[sign];
    return fail(
      text,
      text.indexOf(sign, MEASURE.lastIndex),
      sign.length,
      `\`${sign}\` is no operator; there are < <= > >= == and !=.`,
      meant === undefined ? undefined : `Did you mean \`${meant}\`?`,
    );
  }

  const limitAt = OPERATOR.lastIndex;
  const rest = text.slice(limitAt);
  const over = WINDOW.exec(rest);
  const limitText = (over === null ? rest : rest.slice(0, over.index)).trim();
  if (limitText === '') {
    return fail(text, limitAt, 1, `After \`${sign}\` a limit has to follow, such as \`${word}${sign}400\`.`);
  }
  const { dimension, perSecond } = dimensionOf(measure, def);
  const limit = readLimit(limitText, dimension, perSecond);
  if (!limit.ok) return fail(text, limitAt, limitText.length, limit.message, limit.hint);

  let windowMs: number | undefined;
  if (over !== null) {
    const windowAt = limitAt + over.index + over[0].length;
    const windowText = text.slice(windowAt).trim();
    if (measure.kind !== 'stat') {
      return fail(
        text,
        limitAt + over.index,
        text.length - limitAt - over.index,
        `\`${name}\` is taken over the whole run and cannot have a window.`,
        `Write \`${text.slice(0, limitAt + over.index).trim()}\`.`,
      );
    }
    windowMs = PLAIN_NUMBER.test(windowText) ? undefined : parseDuration(windowText);
    if (windowMs === undefined || windowMs < 1000 || windowMs % 1000 !== 0) {
      return fail(
        text,
        windowAt,
        windowText.length,
        windowText === ''
          ? 'After `over` the length of the window has to follow.'
          : `\`${windowText}\` is no window: it has to be a duration of whole seconds, at least 1s.`,
        'Write it as in `p(95)<500 over 30s`.',
      );
    }
    if (typeof limit.value !== 'number' && GROWING.has(name)) {
      return fail(
        text,
        limitAt,
        limitText.length,
        `The baseline's \`${name}\` is that of its whole run, which a window cannot be held against.`,
        'Leave the window out, or compare a rate, a mean or a percentile.',
      );
    }
  }
  return { ok: true, expression: { measure, operator, limit: limit.value, windowMs } };
}
