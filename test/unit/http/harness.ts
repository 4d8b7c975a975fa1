/** One VU with its `http` against one server; everything is closed after each test. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach } from 'vitest';
import { createHttp } from '../../../dsl/http/http.ts';
import type { Http } from '../../../dsl/http/types.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { FakeHost } from '../../helpers/host.ts';
import type { TestServer } from '../../helpers/servers.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function vu(options: Partial<ResolvedOptions> = {}): { readonly http: Http; readonly host: FakeHost } {
  const host = new FakeHost(options);
  const http = createHttp(host);
  closers.push(() => host.retire());
  return { http, host };
}

export async function serving(server: Promise<TestServer>): Promise<TestServer> {
  const started = await server;
  closers.push(() => started.close());
  return started;
}

export const tick = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const run = promisify(execFile);

/**
 * Runs `code` in a process of its own, with `createHttp` and a `host`; resolves with what it printed once it has ended
 * by itself, which it must within 10 s.
 */
export async function runClient(
  code: string,
  arg: string,
  env: Record<string, string> = {},
): Promise<string> {
  // Inside the project, so that the bundle finds its packages.
  const dir = mkdtempSync(join(process.cwd(), 'node_modules', '.brunt-test-'));
  try {
    const contents = `
      import { createHttp } from './dsl/http/http.ts';
      import { FakeHost } from './test/helpers/host.ts';
      const host = new FakeHost();
      ${code}`;
    const outfile = join(dir, 'client.mjs');
    await build({
      stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'silent',
      outfile,
    });
    const options = { env: { ...process.env, ...env }, timeout: 10_000 };
    return (await run(process.execPath, [outfile, arg], options)).stdout;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
