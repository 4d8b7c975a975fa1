/**
 * k6's global names, for the type checker; the bundler puts each VU's own values in their place. Beside them a script has
 * all of Node's, which are in no `lib` of TypeScript and, since TypeScript 6, come by themselves from no package.
 */

/// <reference types="node" preserve="true" />

declare global {
  /** Environment variables, with those of `-e` and of the scenario. */
  const __ENV: Readonly<Record<string, string>>;
  /** 1-based number of the VU; 0 in setup and teardown. */
  const __VU: number;
  /** 0-based number of the VU's current iteration. */
  const __ITER: number;
}

export {};
