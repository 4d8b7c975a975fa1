/** What the command line (and `BRUNT_*` variables) say about a run beside the script's options. */

import type { GivenSetting } from './settings.ts';

export const SUMMARY_MODES = ['compact', 'full', 'disabled'] as const;

export type SummaryMode = (typeof SUMMARY_MODES)[number];

export interface RunFlags {
  /** Flags that set options, as written; `resolveConfig` reads and checks them. */
  readonly given: readonly GivenSetting[];
  /** Of `-e K=V`. */
  readonly env: Readonly<Record<string, string>>;
  /** Names to run; empty means all. */
  readonly scenarios: readonly string[];
  /** Who named them, for messages: `--scenario` or `BRUNT_SCENARIO`. */
  readonly scenariosBy: { readonly layer: 'flag' | 'variable'; readonly name: string };
  readonly once: boolean;
  readonly noThresholds: boolean;
  readonly noSetup: boolean;
  readonly noTeardown: boolean;
  readonly summaryExport: string | undefined;
  readonly save: string | undefined;
  /** A saved result, or a folder of them. */
  readonly baseline: string | undefined;
  readonly report: string | undefined;
  /** `KIND=TARGET`, or a module, as given; each once. */
  readonly outputs: readonly string[];
  /** How many of the slowest and of the failing requests are kept; 0: none. */
  readonly traceSlowest: number;
  /** Port of the live page, 0 for a free one; undefined where there is to be none. */
  readonly dashboard: number | undefined;
  readonly junit: string | undefined;
  readonly markdown: string | undefined;
  readonly summaryMode: SummaryMode;
  readonly quiet: boolean;
  readonly noColor: boolean;
}

export const NO_FLAGS: RunFlags = {
  given: [],
  env: {},
  scenarios: [],
  scenariosBy: { layer: 'flag', name: '--scenario' },
  once: false,
  noThresholds: false,
  noSetup: false,
  noTeardown: false,
  summaryExport: undefined,
  save: undefined,
  baseline: undefined,
  report: undefined,
  outputs: [],
  traceSlowest: 0,
  dashboard: undefined,
  junit: undefined,
  markdown: undefined,
  summaryMode: 'compact',
  quiet: false,
  noColor: false,
};

/** What scripts see as `__ENV`: this process's variables, then those of `-e`. */
export function scriptEnv(
  processEnv: Readonly<Record<string, string | undefined>>,
  flags: RunFlags,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(processEnv)) if (value !== undefined) env[key] = value;
  return { ...env, ...flags.env };
}
