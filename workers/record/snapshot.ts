/** The snapshot as bytes; `writer.ts` has the table of the format. */

import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { SeriesDelta, Snapshot } from './types.ts';
import { SNAPSHOT_VERSION } from './types.ts';
import { HEADER_BYTES, MAGIC, ROW, type SnapshotText, SnapshotWriter } from './writer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are no snapshot of this version, or not a whole one. */
export class SnapshotError extends BruntError {
  override readonly name = 'SnapshotError';

  constructor(problem: string, cause?: unknown) {
    super(`a snapshot of measurements cannot be read: ${problem}`, {
      code: 'BAD_SNAPSHOT',
      exitCode: EXIT.defect,
      cause,
    });
  }
}

/** Encodes a snapshot; its deltas come back grouped by type: trends, counters, rates, gauges. */
export function encodeSnapshot(snapshot: Snapshot): ArrayBuffer {
  const writer = new SnapshotWriter();
  for (const delta of snapshot.deltas) {
    switch (delta.type) {
      case 'trend':
        writer.trendDelta(delta);
        break;
      case 'counter':
        writer.counter(delta.id, delta.sum, delta.count);
        break;
      case 'rate':
        writer.rate(delta.id, delta.passes, delta.fails);
        break;
      case 'gauge':
        writer.gauge(delta.id, delta.value, delta.min, delta.max, delta.atMs);
        break;
    }
  }
  const { source, seq, fromMs, toMs, metrics, series, errors, warnings } = snapshot;
  return writer.finish({ source, seq, fromMs, toMs, metrics, series, errors, warnings });
}

/**
 * Decodes a whole snapshot; buckets are views of `bytes`, which may go on behind its end. Throws `SnapshotError` for
 * bytes of another format, version or byte order, for truncated ones, and where buckets don't add up to their count.
 */
export function decodeSnapshot(bytes: ArrayBuffer): Snapshot {
  if (bytes.byteLength < HEADER_BYTES) {
    throw new SnapshotError(`${bytes.byteLength} bytes are too few for its header`);
  }
  const header = new Uint32Array(bytes, 0, HEADER_BYTES / 4);
  const [magic, version, length, jsonBytes] = header as unknown as [number, number, number, number];
  if (magic !== MAGIC)
    throw new SnapshotError('it does not begin as one, or comes from a machine of another byte order');
  if (version !== SNAPSHOT_VERSION) {
    throw new SnapshotError(`it is of version ${version}, and this Brunt reads version ${SNAPSHOT_VERSION}`);
  }
  const counts = header.subarray(4, 8) as unknown as [number, number, number, number];
  const pairs = header[8] as number;
  const wide = header[9] !== 0;
  const rows = counts[0] * ROW.trend + counts[1] * ROW.counter + counts[2] * ROW.rate + counts[3] * ROW.gauge;
  const expected = HEADER_BYTES + jsonBytes + rows * 8 + pairs * (wide ? 16 : 8);
  if (length > bytes.byteLength || expected !== length || jsonBytes % 8 !== 0) {
    throw new SnapshotError(`it has ${Math.min(length, bytes.byteLength)} bytes and should have ${expected}`);
  }

  const text = parseText(new Uint8Array(bytes, HEADER_BYTES, jsonBytes));
  const numbersAt = HEADER_BYTES + jsonBytes;
  const numbers = new Float64Array(bytes, numbersAt, rows);
  const pairsAt = numbersAt + rows * 8;
  const buckets = wide
    ? new Float64Array(bytes, pairsAt, pairs * 2)
    : new Uint32Array(bytes, pairsAt, pairs * 2);
  return { version: SNAPSHOT_VERSION, ...text, deltas: readDeltas(numbers, counts, buckets) };
}

function parseText(bytes: Uint8Array): SnapshotText {
  try {
    return JSON.parse(decoder.decode(bytes)) as SnapshotText;
  } catch (error) {
    throw new SnapshotError('its text part is damaged', error);
  }
}

function readDeltas(
  numbers: Float64Array,
  [trends, counters, rates, gauges]: readonly [number, number, number, number],
  buckets: Uint32Array | Float64Array,
): SeriesDelta[] {
  const deltas: SeriesDelta[] = [];
  let at = 0;
  const next = (): number => numbers[at++] as number;
  let pair = 0;
  for (let i = 0; i < trends; i++) {
    const [id, count, sum, sumOfSquares, min, max] = [next(), next(), next(), next(), next(), next()];
    const part = buckets.subarray(pair, pair + next() * 2);
    pair += part.length;
    let total = 0;
    for (let k = 1; k < part.length; k += 2) total += part[k] as number;
    if (total !== count)
      throw new SnapshotError(`the buckets of series ${id} hold ${total} samples, not ${count}`);
    deltas.push({ id, type: 'trend', count, sum, sumOfSquares, min, max, buckets: part });
  }
  if (pair !== buckets.length) throw new SnapshotError('it has buckets that belong to no series');
  for (let i = 0; i < counters; i++) deltas.push({ id: next(), type: 'counter', sum: next(), count: next() });
  for (let i = 0; i < rates; i++) deltas.push({ id: next(), type: 'rate', passes: next(), fails: next() });
  for (let i = 0; i < gauges; i++) {
    deltas.push({ id: next(), type: 'gauge', value: next(), min: next(), max: next(), atMs: next() });
  }
  return deltas;
}
