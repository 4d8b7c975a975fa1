/**
 * Data of the script as bytes that all threads can read:
 *
 *     uint32 count            number of elements; SINGLE for a value that is not an array
 *     uint32 ends[count]      end of each element's text, counted from the start of the first
 *     UTF-8 JSON, one text after the other
 *
 * An array stays text until an element is read, so a million rows cost the process one copy and no objects. Every
 * read parses anew; what it gives is frozen, as it is the same for all.
 */

/** Takes the place of a count for a single value. */
const SINGLE = 0xffff_ffff;

const WORD = 4;

export function encode(value: unknown): Uint8Array {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const headBytes = WORD * (1 + items.length);
  let bytes = Buffer.allocUnsafe(Math.max(1024, headBytes * 8));
  let at = headBytes;
  const ends = new Uint32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const text = JSON.stringify(items[i]) ?? 'null';
    // A UTF-16 unit becomes three bytes at most.
    const room = at + text.length * 3;
    if (room > bytes.length) bytes = Buffer.concat([bytes.subarray(0, at)], Math.max(room, bytes.length * 2));
    at += bytes.write(text, at);
    ends[i] = at - headBytes;
  }
  if (at >= SINGLE) throw new RangeError('it takes more than 4 GiB as JSON');
  bytes.writeUInt32LE(Array.isArray(value) ? items.length : SINGLE, 0);
  for (let i = 0; i < ends.length; i++) bytes.writeUInt32LE(ends[i] as number, WORD * (1 + i));
  return bytes.subarray(0, at);
}

/** The value behind the bytes at a place: an array-like view for arrays, the frozen value itself for all else. */
export function open(memory: SharedArrayBuffer, offset: number): unknown {
  const [count = 0] = new Uint32Array(memory, offset, 1);
  const ends = new Uint32Array(memory, offset + WORD, count === SINGLE ? 1 : count);
  const text = Buffer.from(memory, offset + WORD * (1 + ends.length), ends.at(-1) ?? 0);
  const read = (i: number): unknown =>
    deepFreeze(JSON.parse(text.toString('utf8', i === 0 ? 0 : ends[i - 1], ends[i])));
  return count === SINGLE ? read(0) : arrayOver(count, read);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}

/** A read-only array whose elements are made when they are read. */
function arrayOver(length: number, read: (i: number) => unknown): readonly unknown[] {
  const indexOf = (key: string | symbol): number | undefined => {
    if (typeof key !== 'string') return undefined;
    const i = Number(key);
    return Number.isInteger(i) && i >= 0 && i < length && String(i) === key ? i : undefined;
  };
  const refuse = (): never => {
    throw new TypeError('shared data is read-only: copy it first, as in [...data] or { ...row }');
  };
  return new Proxy<unknown[]>([], {
    get(target, key, receiver) {
      if (key === 'length') return length;
      const i = indexOf(key);
      return i === undefined ? Reflect.get(target, key, receiver) : read(i);
    },
    has: (target, key) => indexOf(key) !== undefined || Reflect.has(target, key),
    ownKeys: () => [...Array.from({ length }, (_, i) => String(i)), 'length'],
    getOwnPropertyDescriptor(target, key) {
      if (key === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const i = indexOf(key);
      if (i === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      return { value: read(i), writable: false, enumerable: true, configurable: true };
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
}
