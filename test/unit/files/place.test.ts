import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, placeProblem } from '../../../runner/files/place.ts';

const ANY = { regular: false };
const GROWING = { regular: true };

function dir(): string {
  const path = mkdtempSync(join(tmpdir(), 'brunt-place-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a place that is free, or has a file: nothing is left behind and nothing changed', () => {
  const path = dir();
  writeFileSync(join(path, 'old'), 'content');
  expect(placeProblem(join(path, 'new'), GROWING)).toBeUndefined();
  expect(placeProblem(join(path, 'a/b/new'), GROWING)).toBeUndefined();
  expect(placeProblem(join(path, 'old'), ANY)).toBeUndefined();
  expect(readdirSync(path).sort()).toEqual(['a', 'old']);
  expect(readdirSync(join(path, 'a/b'))).toEqual([]);
});

test('folders are made one by one, also beside others that do', () => {
  const path = dir();
  makeFolder(join(path, 'x/y/z'));
  makeFolder(join(path, 'x/y/z'));
  expect(existsSync(join(path, 'x/y/z'))).toBe(true);
});

test('what cannot be written says why', () => {
  const path = dir();
  writeFileSync(join(path, 'file'), '');
  expect(placeProblem(path, ANY)).toBe('it is a folder');
  expect(placeProblem(join(path, 'file/x'), ANY)).toBe('there is a file in the place of a folder');
  expect(placeProblem(join(path, 'n'.repeat(300)), ANY)).toBe('the name is too long');
  symlinkSync(join(path, 'nowhere/at/all'), join(path, 'link'));
  expect(placeProblem(join(path, 'link'), ANY)).toBeDefined();
});

test.runIf(process.platform === 'linux')('a folder that takes no files does not hang', () => {
  expect(placeProblem('/proc/brunt/x.json', ANY)).toBe('there is no such folder, and none can be made');
  expect(placeProblem('/proc/x.json', ANY)).toBeDefined();
});

test.runIf(process.platform === 'linux')('devices and pipes do for what is written at once only', () => {
  const path = dir();
  execFileSync('mkfifo', [join(path, 'pipe')]);
  expect(placeProblem('/dev/null', ANY)).toBeUndefined();
  // Without waiting for somebody to read it.
  expect(placeProblem(join(path, 'pipe'), ANY)).toBeUndefined();
  expect(placeProblem('/dev/null', GROWING)).toBe('it is no file but a device, a pipe or a socket');
  expect(placeProblem(join(path, 'pipe'), GROWING)).toBe('it is no file but a device, a pipe or a socket');
});

test.skipIf(process.getuid?.() === 0)('a folder of somebody else', () => {
  const path = dir();
  mkdirSync(join(path, 'locked'), { mode: 0o500 });
  expect(placeProblem(join(path, 'locked/x'), ANY)).toBe('permission denied');
});
