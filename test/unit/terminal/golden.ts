/** Golden files: what was looked at and found good. `UPDATE_GOLDEN=1 npx vitest run test/unit/terminal` renews them. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Compares with `test/golden/<name>.txt`; escape characters stand there as `␛`, so that the file can be read. */
export function expectGolden(name: string, lines: readonly string[]): void {
  const path = fileURLToPath(new URL(`../../golden/${name}.txt`, import.meta.url));
  const text = `${lines.join('\n').replaceAll('\u001b', '␛')}\n`;
  if (process.env.UPDATE_GOLDEN !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path), `${path} is missing: run with UPDATE_GOLDEN=1, then look at it`).toBe(true);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
