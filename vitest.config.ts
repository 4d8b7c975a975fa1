import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const ALL = ['test/**/*.test.ts', 'examples/packages/*/test/**/*.test.ts'];

/** Tests whose subject is time: each has the machine to itself, after all others. */
const TIMING = [
  'test/experiments/{calibrated-delay,capacity,on-the-wire,pool,websocket}.test.ts',
  'test/e2e/{capacity,executors,generator,phases}.test.ts',
];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^brunt$/, replacement: source('./dsl/index.ts') },
      { find: /^brunt\/(\w+)$/, replacement: source('./dsl/$1/index.ts') },
    ],
  },
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        // Two cores: more files at once would only disturb each other.
        test: { name: 'main', include: ALL, exclude: TIMING, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'timing', include: TIMING, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
