import { describe, expect, test } from 'vitest';
import type { RequestTrace } from '../../../dsl/request-trace.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { PLAIN_STYLE } from '../../../runner/terminal/style.ts';
import { renderSummary } from '../../../runner/terminal/summary.ts';
import { textWidth } from '../../../runner/terminal/width.ts';
import { PASSED } from './summaries.ts';

function traced(name: string, duration: number, atMs: number, status = 200): RequestTrace {
  const error = status === 200 ? '' : 'unexpected';
  return { method: 'GET', name, timings: { duration }, atMs, status, error } as RequestTrace;
}

const HOST = 'http://shop.example:8080';

function section(traces: Summary['traces'], width = 100, mode: 'compact' | 'full' = 'compact'): string[] {
  const lines = renderSummary(
    { ...PASSED, ...(traces === undefined ? {} : { traces }) },
    { mode, width, style: PLAIN_STYLE },
  );
  for (const text of lines) expect(textWidth(text)).toBeLessThanOrEqual(width);
  const from = lines.findIndex((text) => text.includes('SLOWEST'));
  return from < 0 ? [] : lines.slice(from, lines.indexOf('', from));
}

describe('SLOWEST', () => {
  test('who took how long, when, and how it ended', () => {
    const slowest = [
      traced(`${HOST}/cart`, 1234, 12_400, 500),
      traced(`${HOST}/products`, 640, 12_400),
      traced(`${HOST}/cart`, 64.2, 65_000),
    ];
    expect(section({ slowest, failed: [traced('/', 1, 1, 500)] })).toEqual([
      '  SLOWEST',
      '   1.23 s  GET /cart      500  at 12.4 s',
      '   640 ms  GET /products  200  at 12.4 s',
      '  64.2 ms  GET /cart      200  at 1m05s',
      '  and 1 failing request, with headers and bodies in --report, --save and --summary-export',
    ]);
  });

  test('five of them, unless everything was asked for', () => {
    const slowest = Array.from({ length: 8 }, (_, i) => traced('page', 100 - i, 0));
    const compact = section({ slowest, failed: [] });
    expect(compact).toHaveLength(7);
    expect(compact.at(-1)).toContain('and 3 more, with headers');
    const full = section({ slowest, failed: [] }, 100, 'full');
    expect(full).toHaveLength(10);
    expect(full.at(-1)).toBe('  with headers and bodies in --report, --save and --summary-export');
  });

  test('hostile and long names fit', () => {
    const slowest = [traced(`\u001b[31m${'x'.repeat(300)}\nSECOND`, 5, 0)];
    const lines = section({ slowest, failed: [] }, 60);
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('\u001b');
  });

  test('is left out where nothing was kept', () => {
    expect(section(undefined)).toEqual([]);
    expect(section({ slowest: [], failed: [] })).toEqual([]);
  });
});
