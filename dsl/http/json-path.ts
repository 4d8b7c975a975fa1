/**
 * Dotted paths into JSON, the part of k6's (gjson's) that scripts use.
 *
 *     path  := part ('.' part)*
 *     part  := key | index | '#'        a dot inside a key is written \.
 *     '#'   at the end: the length of the array; before more: the rest applied to each element, misses left out
 */

export function jsonPath(value: unknown, path: string): unknown {
  return walk(value, splitPath(path), 0);
}

function splitPath(path: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i < path.length; i++) {
    const c = path[i] as string;
    if (c === '\\' && i + 1 < path.length) part += path[++i];
    else if (c === '.') {
      parts.push(part);
      part = '';
    } else part += c;
  }
  parts.push(part);
  return parts;
}

function walk(value: unknown, parts: readonly string[], from: number): unknown {
  let here = value;
  for (let i = from; i < parts.length; i++) {
    const part = parts[i] as string;
    if (typeof here !== 'object' || here === null) return undefined;
    if (Array.isArray(here)) {
      const list = here as readonly unknown[];
      if (part === '#') {
        if (i === parts.length - 1) return list.length;
        return list.map((item) => walk(item, parts, i + 1)).filter((found) => found !== undefined);
      }
      if (!/^\d+$/.test(part)) return undefined;
      here = list[Number(part)];
    } else {
      if (!Object.hasOwn(here, part)) return undefined;
      here = (here as Record<string, unknown>)[part];
    }
  }
  return here;
}
