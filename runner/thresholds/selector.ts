/**
 * Names of metrics and sub-metrics.
 *
 *     selector := metric [ '{' tag { ',' tag } '}' ]
 *     tag      := key ':' value         the first colon splits: `group:::cart::pay` is group = `::cart::pay`
 *     value    := text without ','      white space around it is dropped; nothing means: not tagged
 *               | '"' text '"' | "'" text "'"      where the text holds a comma or outer white space
 *
 * The brace that closes is the last one, so a value may hold braces: `name:http://host/items/${id}`.
 */

import { METRIC_NAME } from '../../dsl/metrics.ts';
import type { Selector } from '../aggregate/types.ts';
import type { TextProblem } from './parser.ts';

export type ParsedSelector =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly problem: TextProblem };

const EXAMPLE = 'Write it as in `http_req_duration{scenario:checkout,status:200}`.';
/** A tag up to its end: a key, and a value in quotes or without commas. */
const TAG = /\s*([^:,]*?)\s*(?::\s*(?:"([^"]*)"\s*(?=,|$)|'([^']*)'\s*(?=,|$)|([^,]*)))?(?=,|$)/y;

function fail(offset: number, length: number, message: string, hint = EXAMPLE): ParsedSelector {
  return { ok: false, problem: { message, hint, offset, length: Math.max(1, length) } };
}

export function parseSelector(text: string): ParsedSelector {
  const open = text.indexOf('{');
  const name = (open < 0 ? text : text.slice(0, open)).trim();
  if (!METRIC_NAME.test(name)) {
    return fail(0, open < 0 ? text.length : open, `\`${name}\` is no name of a metric.`);
  }
  if (open < 0) return { ok: true, selector: { metric: name, tags: [] } };

  const close = text.lastIndexOf('}');
  if (close < open) return fail(open, text.length - open, `The brace of \`${text.trim()}\` is not closed.`);
  const after = text.slice(close + 1).trim();
  if (after !== '')
    return fail(close + 1, text.length - close - 1, `After the closing brace stands \`${after}\`.`);

  const inside = text.slice(open + 1, close);
  if (inside.trim() === '') {
    return fail(
      open,
      close + 1 - open,
      `The braces of \`${text.trim()}\` are empty.`,
      `For all of it write \`${name}\`.`,
    );
  }
  const tags: (readonly [string, string])[] = [];
  for (let at = 0; at <= inside.length; at++) {
    TAG.lastIndex = at;
    const match = TAG.exec(inside)!;
    const end = TAG.lastIndex;
    const key = unquote(match[1]!);
    const value = match[2] ?? match[3] ?? match[4]?.trim();
    const written = inside.slice(at, end).trim();
    if (key === '' || value === undefined) {
      return fail(
        open + 1 + at,
        end - at,
        written === ''
          ? 'Between the commas a tag is missing.'
          : `\`${written}\` is no tag: it has to be key:value.`,
      );
    }
    if (tags.some(([k]) => k === key))
      return fail(open + 1 + at, end - at, `The tag \`${key}\` stands twice.`);
    tags.push([key, value]);
    at = end;
  }
  return { ok: true, selector: { metric: name, tags } };
}

function unquote(key: string): string {
  const first = key[0];
  return key.length > 2 && (first === '"' || first === "'") && key.at(-1) === first ? key.slice(1, -1) : key;
}

/** Canonical text: `metric{key:value,…}` in the given order, quotes only where they are needed. */
export function formatSelector(selector: Selector): string {
  if (selector.tags.length === 0) return selector.metric;
  return `${selector.metric}{${selector.tags.map(([key, value]) => `${key}:${quote(value)}`).join(',')}}`;
}

function quote(value: string): string {
  if (!/,|^\s|\s$|^["']/.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
