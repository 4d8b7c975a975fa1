import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { putAside } from '../../../runner/results/aside.ts';
import { RESULT_SCHEMA } from '../../../runner/results/format.ts';
import { PartialFile } from '../../../runner/results/partial-file.ts';

function dir(): string {
  const path = mkdtempSync(join(tmpdir(), 'brunt-partial-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const textOf = (file: string): string => gunzipSync(readFileSync(file)).toString();
const never = (text: string): void => expect.fail(text);

test('what is put is in the file a moment later, and all of it at the end', async () => {
  const file = join(dir(), 'r');
  const out = new PartialFile(file, 'head\n', never);
  expect(textOf(`${file}.partial`)).toBe('head\n');
  for (let i = 0; i < 100; i++) out.put(`line ${i}\n`);
  await expect.poll(() => textOf(`${file}.partial`)).toContain('line 99\n');
  expect(existsSync(file)).toBe(false);
  out.put('end\n');
  await out.complete();
  expect(existsSync(`${file}.partial`)).toBe(false);
  const lines = textOf(file).trimEnd().split('\n');
  expect(lines).toEqual(['head', ...Array.from({ length: 100 }, (_, i) => `line ${i}`), 'end']);
  expect(out.problem).toBeUndefined();
});

test('at once, while a write is under way: nothing twice, nothing missing', async () => {
  for (let round = 0; round < 60; round++) {
    const file = join(dir(), 'r');
    const out = new PartialFile(file, 'head\n', never);
    out.put(`${'x'.repeat(100_000)}\n`);
    // At another point of the write in every round.
    for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
    out.put('last\n');
    out.completeNow();
    expect(textOf(file)).toBe(`head\n${'x'.repeat(100_000)}\nlast\n`);
  }
});

test('a file that was discarded leaves nothing', async () => {
  const path = dir();
  const out = new PartialFile(join(path, 'r'), 'head\n', never);
  out.put('more\n');
  out.discard();
  await out.complete();
  expect(readdirSync(path)).toEqual([]);
});

describe('taken away while it is written', () => {
  test.each([
    ['the file', (path: string) => rmSync(join(path, 'sub/r.partial'))],
    ['its folder', (path: string) => rmSync(join(path, 'sub'), { recursive: true })],
    ['its folder, moved', (path: string) => renameSync(join(path, 'sub'), join(path, 'elsewhere'))],
  ])('%s: it is written anew, and that is said', async (_, take) => {
    const path = dir();
    mkdirSync(join(path, 'sub'));
    const said: string[] = [];
    const out = new PartialFile(join(path, 'sub/r'), 'head\n', (text) => said.push(text));
    out.put('before\n');
    await expect.poll(() => textOf(join(path, 'sub/r.partial'))).toBe('head\nbefore\n');
    take(path);
    out.put('after\n');
    await expect.poll(() => said).toHaveLength(1);
    expect(said[0]).toContain('was taken away while it was written; it was written anew');
    expect(textOf(join(path, 'sub/r.partial'))).toBe('head\nbefore\nafter\n');
    await out.complete();
    expect(textOf(join(path, 'sub/r'))).toBe('head\nbefore\nafter\n');
    expect(out.problem).toBeUndefined();
  });

  test('and replaced by another: both stay', async () => {
    const path = dir();
    const said: string[] = [];
    const out = new PartialFile(join(path, 'r'), 'head\n', (text) => said.push(text));
    rmSync(join(path, 'r.partial'));
    writeFileSync(join(path, 'r.partial'), 'of somebody else');
    out.put('more\n');
    await out.complete();
    expect(said).toHaveLength(1);
    expect(textOf(join(path, 'r'))).toBe('head\nmore\n');
    expect(readFileSync(join(path, 'r.partial'), 'utf8')).toBe('of somebody else');
  });

  test('between the last write and the end', async () => {
    const path = dir();
    mkdirSync(join(path, 'sub'));
    const out = new PartialFile(join(path, 'sub/r'), 'head\n', () => undefined);
    rmSync(join(path, 'sub'), { recursive: true });
    await out.complete();
    expect(textOf(join(path, 'sub/r'))).toBe('head\n');
  });

  test('with nowhere to write it anew', async () => {
    const path = dir();
    mkdirSync(join(path, 'sub'));
    const said: string[] = [];
    const out = new PartialFile(join(path, 'sub/r'), 'head\n', (text) => said.push(text));
    rmSync(join(path, 'sub'), { recursive: true });
    writeFileSync(join(path, 'sub'), 'a file now');
    out.put('more\n');
    await out.complete();
    expect(said).toHaveLength(1);
    expect(out.problem).toBe('there is a file in the place of a folder');
  });
});

describe('a partial file of an earlier run', () => {
  const head = (writer?: { readonly pid: number; readonly host: string }): Buffer =>
    gzipSync(`${JSON.stringify({ kind: 'head', schema: RESULT_SCHEMA, script: 's.ts', writer })}\n`);

  function left(bytes: Uint8Array): {
    readonly path: string;
    readonly file: string;
    readonly said: string[];
  } {
    const path = dir();
    writeFileSync(join(path, 'r.partial'), bytes);
    return { path, file: join(path, 'r'), said: [] };
  }

  /** A process that has just ended. */
  const gone = (): number => spawnSync(process.execPath, ['-e', '0']).pid;

  test.each([
    ['of a run that was killed', () => head({ pid: gone(), host: hostname() })],
    ['of another machine', () => head({ pid: 1, host: `not-${hostname()}` })],
    ['of nobody known', () => head()],
    ['that is no result', () => Buffer.from('anything')],
    ['that was cut off', () => head({ pid: 1, host: 'x' }).subarray(0, 30)],
  ])('%s is kept under another name', (_, bytes) => {
    const { path, file, said } = left(bytes());
    writeFileSync(join(path, 'r.1.partial'), 'an older one');
    const content = readFileSync(`${file}.partial`);
    putAside(file, (text) => said.push(text));
    expect(readdirSync(path).sort()).toEqual(['r.1.partial', 'r.2.partial']);
    expect(readFileSync(join(path, 'r.2.partial'))).toEqual(content);
    expect(said).toEqual([
      `${file}.partial of an earlier run that did not come to its end was kept as ${file}.2.partial`,
    ]);
  });

  test('that another process still writes is refused', () => {
    const { file } = left(head({ pid: process.ppid, host: hostname() }));
    expect(() => putAside(file, never)).toThrow(
      `${file}.partial is being written by another run (process ${process.ppid})`,
    );
    expect(existsSync(`${file}.partial`)).toBe(true);
  });

  test('that is empty goes', () => {
    const { path, file } = left(Buffer.alloc(0));
    putAside(file, never);
    expect(readdirSync(path)).toEqual([]);
  });

  test('there is none', () => {
    putAside(join(dir(), 'r'), never);
  });
});
