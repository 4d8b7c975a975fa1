/**
 * Snappy's block format, as remote write wants it: the length of the original as a varint, then literals and copies.
 *
 *     literal   tag & 3 = 0    length - 1 in the upper six bits, or 60 … 63: in the next 1 … 4 bytes; then the bytes
 *     copy      tag & 3 = 2    length - 1 in the upper six bits (1 to 64), two bytes of distance
 *
 * The shorter copy (tag 1) is not used. Blocks of 64 KiB are packed one by one, so two bytes reach every distance. The
 * positions of four bytes seen last are found by their hash; where nothing repeats, the search takes longer steps.
 */

const BLOCK_BYTES = 65_536;
const HASH_BITS = 14;
const SHORTEST_MATCH = 4;
const LONGEST_COPY = 64;
/** After so many vain looks the step grows by one. */
const PATIENCE = 32;

/** Most that packing can make of `length` bytes. */
function mostBytes(length: number): number {
  return 16 + length + Math.ceil(length / 6);
}

export function snappyCompress(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(mostBytes(input.length));
  let at = 0;
  for (let rest = input.length; ; rest = Math.floor(rest / 128)) {
    output[at++] = rest > 127 ? (rest % 128) | 128 : rest;
    if (rest <= 127) break;
  }
  const seen = new Int32Array(1 << HASH_BITS);
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    at = packBlock(input, start, Math.min(input.length, start + BLOCK_BYTES), seen, output, at);
  }
  return output.slice(0, at);
}

function packBlock(
  input: Uint8Array,
  start: number,
  end: number,
  seen: Int32Array,
  output: Uint8Array,
  at: number,
): number {
  seen.fill(-1);
  const word = (i: number): number =>
    (input[i] as number) |
    ((input[i + 1] as number) << 8) |
    ((input[i + 2] as number) << 16) |
    ((input[i + 3] as number) << 24);
  let next = at;
  let literal = start;
  let vain = PATIENCE;
  let i = start;
  while (i + SHORTEST_MATCH <= end) {
    const here = word(i);
    const slot = Math.imul(here, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const before = seen[slot] as number;
    seen[slot] = i;
    if (before < 0 || word(before) !== here) {
      i += vain++ >> 5;
      continue;
    }
    let length = SHORTEST_MATCH;
    while (i + length < end && input[before + length] === input[i + length]) length++;
    next = putLiteral(input, literal, i, output, next);
    next = putCopy(length, i - before, output, next);
    i += length;
    literal = i;
    vain = PATIENCE;
  }
  return putLiteral(input, literal, end, output, next);
}

function putLiteral(input: Uint8Array, from: number, to: number, output: Uint8Array, at: number): number {
  const length = to - from;
  if (length === 0) return at;
  let next = at;
  const stored = length - 1;
  if (stored < 60) output[next++] = stored << 2;
  else if (stored < 256) {
    output[next++] = 60 << 2;
    output[next++] = stored;
  } else {
    // A block has at most 65,536 bytes, so two bytes are enough.
    output[next++] = 61 << 2;
    output[next++] = stored & 255;
    output[next++] = stored >> 8;
  }
  output.set(input.subarray(from, to), next);
  return next + length;
}

function putCopy(length: number, distance: number, output: Uint8Array, at: number): number {
  let next = at;
  for (let rest = length; rest > 0; ) {
    const part = Math.min(rest, LONGEST_COPY);
    output[next++] = ((part - 1) << 2) | 2;
    output[next++] = distance & 255;
    output[next++] = distance >> 8;
    rest -= part;
  }
  return next;
}
