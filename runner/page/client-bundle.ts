/**
 * The browser's part of pages as one script, made by esbuild: by `npm run build` for the package, and for each page where
 * Brunt runs from its sources.
 */

import { createRequire } from 'node:module';

const NOTICE =
  '/*! Charts: uPlot, Copyright (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */';

/** `entry`: path of `client/report.ts` or its like. */
export function bundleClient(entry: string): string {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: ['chrome100', 'firefox100', 'safari15.4'],
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: NOTICE },
    logLevel: 'silent',
  });
  // The one sequence that would end the tag in which it stands.
  return (outputFiles[0]?.text ?? '').trim().replaceAll(/<\/(script)/gi, '<\\/$1');
}
