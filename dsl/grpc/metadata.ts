/** Metadata as scripts write and read it. */

import type { Metadata as LibraryMetadata } from '@grpc/grpc-js';
import type { GrpcLibrary } from './library.ts';
import type { Metadata } from './types.ts';

/** Later sets replace names of earlier ones. Throws TypeError for what cannot be sent. */
export function toMetadata(
  { Metadata: Library }: GrpcLibrary,
  ...sets: readonly (Metadata | undefined)[]
): LibraryMetadata {
  const metadata = new Library();
  for (const set of sets) {
    if (set === undefined) continue;
    for (const [name, given] of Object.entries(set)) {
      if (given === undefined) continue;
      const values = Array.isArray(given) ? (given as readonly (string | Uint8Array)[]) : [given];
      metadata.remove(name);
      for (const value of values) {
        try {
          metadata.add(name, toValue(name, value as string | number | Uint8Array));
        } catch (error) {
          throw new TypeError(`grpc metadata ${JSON.stringify(name)}: ${(error as Error).message}`, {
            cause: error,
          });
        }
      }
    }
  }
  return metadata;
}

function toValue(name: string, value: string | number | Uint8Array): string | Buffer {
  if (name.toLowerCase().endsWith('-bin')) return Buffer.from(value as string | Uint8Array);
  if (typeof value === 'object') throw new TypeError('bytes need a name that ends in -bin');
  return String(value);
}

/** What HTTP/2 adds of its own. */
const HIDDEN = new Set(['content-type', 'date', 'grpc-accept-encoding', 'accept-encoding', 'grpc-encoding']);

export function fromMetadata(metadata: LibraryMetadata | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  if (metadata === undefined) return record;
  for (const name of Object.keys(metadata.getMap())) {
    if (HIDDEN.has(name)) continue;
    record[name] = metadata
      .get(name)
      .map((value) => (typeof value === 'string' ? value : value.toString('base64')))
      .join(', ');
  }
  return record;
}
