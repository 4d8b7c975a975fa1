/** The second of a run to which a report belongs. */

/**
 * What a worker sends as it ends covers a few milliseconds after a whole second. Those belong to that second: one of
 * their own would be next to empty, and the windows that end with it too small.
 */
const STUB_MS = 250;

/** A report belongs to the second in which its middle lies. */
export function secondOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number {
  const atMs = toMs - fromMs < STUB_MS ? fromMs - STUB_MS : (fromMs + toMs) / 2;
  return Math.max(0, Math.floor(atMs / 1000));
}
