import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^brunt$/, replacement: source('./dsl/index.ts') },
      { find: /^brunt\/(\w+)$/, replacement: source('./dsl/$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/packages/*/test/**/*.test.ts'],
    pool: 'forks',
    // Two cores: more files at once would only disturb the tests that measure.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
