/** k6's global names, for the type checker; the bundler puts each VU's own values in their place. */

declare global {
  /** Environment variables, with those of `-e` and of the scenario. */
  const __ENV: Readonly<Record<string, string>>;
  /** 1-based number of the VU; 0 in setup and teardown. */
  const __VU: number;
  /** 0-based number of the VU's current iteration. */
  const __ITER: number;
}

export {};
