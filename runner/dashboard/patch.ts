/**
 * The difference between two JSON values, as JSON. Once a second little of a run's data changes: columns grow by a step,
 * counts rise; a patch is a small part of the whole.
 *
 *     patch  := [0, value]                              put this value there
 *             | [1, { key: patch … }, [key …]]          object: change or add these members, remove those
 *             | [2, length, [[index, patch] …], [v …]]  list: cut to length, change these entries, append those
 *
 * Members that are `undefined` count as absent, as they do in JSON.
 */

export type Patch =
  | readonly [0, unknown]
  | readonly [1, Readonly<Record<string, Patch>>, readonly string[]]
  | readonly [2, number, readonly (readonly [number, Patch])[], readonly unknown[]];

type Members = Readonly<Record<string, unknown>>;

/** Above this share of changed entries a list is sent as a whole. */
const MOST_CHANGED = 0.4;

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined where both are the same. */
export function diff(from: unknown, to: unknown): Patch | undefined {
  if (from === to) return undefined;
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(from, to);
  if (isMembers(from) && isMembers(to)) return diffMembers(from, to);
  return [0, to];
}

function diffLists(from: readonly unknown[], to: readonly unknown[]): Patch | undefined {
  const shared = Math.min(from.length, to.length);
  const changed: [number, Patch][] = [];
  for (let i = 0; i < shared; i++) {
    const patch = diff(from[i], to[i]);
    if (patch !== undefined) changed.push([i, patch]);
  }
  if (changed.length === 0 && from.length === to.length) return undefined;
  if (changed.length > 1 && changed.length > shared * MOST_CHANGED && !isMembers(to[0])) return [0, to];
  return [2, shared, changed, to.slice(shared)];
}

function diffMembers(from: Members, to: Members): Patch | undefined {
  const changed: [string, Patch][] = [];
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue;
    const patch = Object.hasOwn(from, key) ? diff(from[key], value) : ([0, value] as const);
    if (patch !== undefined) changed.push([key, patch]);
  }
  const gone = Object.keys(from).filter(
    (key) => from[key] !== undefined && (!Object.hasOwn(to, key) || to[key] === undefined),
  );
  if (changed.length === 0 && gone.length === 0) return undefined;
  // Not by assignment: a member may be called `__proto__`.
  return [1, Object.fromEntries(changed), gone];
}

/** The value with the patch applied; what did not change is shared with the old one. */
export function patched(value: unknown, patch: Patch): unknown {
  switch (patch[0]) {
    case 0:
      return patch[1];
    case 1: {
      const members = new Map(Object.entries(value as Members));
      for (const key of patch[2]) members.delete(key);
      for (const [key, one] of Object.entries(patch[1])) members.set(key, patched(members.get(key), one));
      return Object.fromEntries(members);
    }
    case 2: {
      const list = (value as readonly unknown[]).slice(0, patch[1]);
      for (const [index, one] of patch[2]) list[index] = patched(list[index], one);
      return [...list, ...patch[3]];
    }
  }
}
