/** Single requests that were kept: the slowest, and the first that failed, with all that was sent and came back. */

import type { RequestTrace, TracedBody, TracedHeaders } from '../../../../dsl/request-trace.ts';
import { formatBytes, formatMs, formatSpan } from '../../../terminal/format.ts';
import { type Child, h } from '../dom.ts';
import { rowName } from '../row-choice.ts';
import { drawnSection } from '../section.ts';
import { outside } from '../text.ts';

const PHASES = [
  ['blocked', 'blocked', 'faint'],
  ['looking_up', 'name look-up', 'c5'],
  ['connecting', 'connecting', 'c4'],
  ['tls_handshaking', 'TLS', 'c3'],
  ['sending', 'sending', 'c2'],
  ['waiting', 'waiting', 'c1'],
  ['receiving', 'receiving', 'good'],
] as const;

const OMITTED: Readonly<Record<NonNullable<TracedBody['omitted']>, string>> = {
  streamed: 'the script read it as a stream',
  discarded: 'discarded (discardResponseBodies)',
  encoded: 'compressed in a way that cannot be undone here',
  'not seen': 'not kept',
};

function raw(text: string): string {
  // Line by line, so that what it holds stays readable and harmless.
  return text
    .split('\n')
    .map((line) => outside(line, 20_000))
    .join('\n');
}

function headers(list: TracedHeaders): Child {
  if (list.length === 0) return h('p', { class: 'note' }, 'No headers.');
  return h(
    'pre',
    { dir: 'ltr', tabindex: 0 },
    list.map(([name, value]) => `${outside(name)}: ${outside(value, 4000)}`).join('\n'),
  );
}

function body(found: TracedBody | null): Child {
  if (found === null) return h('p', { class: 'note' }, 'No body.');
  const { size, encoding, content, truncated, omitted } = found;
  if (omitted !== undefined) return h('p', { class: 'note' }, `Body: ${OMITTED[omitted]}.`);
  const about = [
    formatBytes(size),
    encoding === 'base64' ? 'not text, as base64' : '',
    truncated ? 'only its beginning' : '',
  ].filter((part) => part !== '');
  return [
    h('p', { class: 'note' }, `Body: ${about.join(', ')}`),
    content === '' ? undefined : h('pre', { dir: 'ltr', tabindex: 0 }, raw(content)),
  ];
}

function phases({ timings }: RequestTrace): Child {
  const parts = PHASES.map(([key, label, color]) => ({ label, color, ms: timings[key] })).filter(
    ({ ms }) => ms > 0,
  );
  const whole = parts.reduce((sum, { ms }) => sum + ms, 0);
  if (whole === 0) return undefined;
  return h(
    'ul',
    { class: 'phases' },
    parts.map(({ label, color, ms }) => {
      const bar = h('span', { class: `phase ${color}` });
      bar.style.width = `${Math.max(0.5, (ms / whole) * 100)}%`;
      return h('li', {}, h('span', {}, `${label} ${formatMs(ms)}`), h('span', { class: 'track' }, bar));
    }),
  );
}

function trace(one: RequestTrace, id: string): HTMLElement {
  const { method, name, url, status, error, errorCode, atMs, timings, scenario, group, vu, iteration, tags } =
    one;
  const failed = error !== '';
  const facts: readonly (readonly [string, string])[] = [
    ['URL', outside(url, 4000)],
    ['Scenario', outside(scenario)],
    [
      'Group',
      rowName({ kind: 'group', protocol: '', method: '', name: group, count: 0, failed: 0, times: null }),
    ],
    ['VU, iteration', `${vu}, ${iteration}`],
    ['Protocol', outside(one.proto)],
    ['Address', outside(one.remote)],
    [
      'Tags',
      Object.entries(tags)
        .map(([key, value]) => outside(`${key}=${value}`))
        .join(', '),
    ],
    ['Error', failed ? outside(errorCode === 0 ? error : `${errorCode} ${error}`, 2000) : ''],
  ];
  return h(
    'details',
    { id, class: 'trace' },
    h(
      'summary',
      {},
      h('strong', {}, formatMs(timings.duration)),
      h(
        'span',
        { class: failed || status >= 400 ? 'bad' : 'faint' },
        status === 0 ? 'no response' : String(status),
      ),
      h('span', { class: 'what', dir: 'auto' }, `${outside(method, 20)} ${outside(name)}`),
      h('span', { class: 'faint' }, `at ${formatSpan(atMs)}`),
    ),
    phases(one),
    h(
      'dl',
      { class: 'facts' },
      facts
        .filter(([, value]) => value !== '')
        .map(([title, value]) => h('div', {}, h('dt', {}, title), h('dd', { dir: 'auto' }, value))),
    ),
    h('h4', {}, 'Request'),
    headers(one.request.headers),
    body(one.request.body),
    h('h4', {}, 'Response'),
    one.response === null
      ? h('p', { class: 'note' }, 'There was none.')
      : [headers(one.response.headers), body(one.response.body)],
  );
}

export const traces = drawnSection(
  'single',
  'Single requests',
  ({ summary }) => {
    const found = summary.traces;
    return found === undefined || found.slowest.length + found.failed.length === 0 ? undefined : found;
  },
  ({ slowest, failed }) => [
    slowest.length > 0 && [h('h3', {}, 'Slowest'), slowest.map((one, i) => trace(one, `slowest-${i + 1}`))],
    failed.length > 0 && [
      h('h3', {}, 'First to fail'),
      failed.map((one, i) => trace(one, `failed-${i + 1}`)),
    ],
  ],
);
