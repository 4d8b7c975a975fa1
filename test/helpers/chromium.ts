/**
 * A real browser for tests: the installed Chromium, driven by playwright-core, with a profile of its own.
 *
 *     const browser = await startChromium(context);          // in a test: skips it where there is none
 *     const page = await browser.page({ width: 360, scheme: 'dark' });
 *     await page.goto(url);
 *     page.requests, page.problems                           // what it asked the network for, what it complained about
 *
 * With BRUNT_REQUIRE_SERVICES=1 a missing Chromium fails the test instead.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { needBinary, type ServiceTest } from './services.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

export interface WatchedPage {
  readonly page: Page;
  /** URLs that were asked for, but for `data:` and `blob:` ones. */
  readonly requests: readonly string[];
  /** Errors of scripts, messages of the console above `info`, violations of the policy. */
  readonly problems: readonly string[];
}

export interface Browser {
  page(options?: PageOptions): Promise<WatchedPage>;
}

export async function startChromium(test: ServiceTest): Promise<Browser> {
  const executablePath = needBinary(test, {
    name: 'chromium',
    install: 'apt-get install chromium',
    folders: () => [],
  });
  const folder = mkdtempSync(join(tmpdir(), 'brunt-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: FLAGS,
    headless: true,
  });
  test.onTestFinished(async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    page: async ({ width = 1280, height = 900, scheme = 'light' } = {}) => {
      const page = await context.newPage();
      const requests: string[] = [];
      const problems: string[] = [];
      page.on('request', (request) => {
        if (!/^(?:data|blob):/.test(request.url())) requests.push(request.url());
      });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      return { page, requests, problems };
    },
  };
}
