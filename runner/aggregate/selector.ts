/** Which series belong to a selector. */

import { isLifecycleGroup } from '../../workers/record/types.ts';
import type { Selector } from './types.ts';

type Tags = readonly (readonly [key: string, value: string])[];

/** Equal for selectors that mean the same: the order of the tags does not matter. */
export function selectorKey({ metric, tags }: Selector): string {
  return JSON.stringify([metric, ...[...tags].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);
}

/**
 * Whether a series with these tags counts for a selector: it carries every tag that the selector names (the empty value
 * means: not tagged), and if it was made in setup or teardown, the selector names its group.
 */
export function matches(wanted: Tags, tags: ReadonlyMap<string, string>): boolean {
  const group = tags.get('group') ?? '';
  if (isLifecycleGroup(group) && !wanted.some(([key]) => key === 'group')) return false;
  return wanted.every(([key, value]) => (tags.get(key) ?? '') === value);
}
