/**
 * Maps positions of the evaluated bundle to the user's files. Node does so itself for every stack that it formats;
 * this is for when a package has put its own `Error.prepareStackTrace` in the way.
 */

import { SourceMap, type SourceMapPayload } from 'node:module';

/** Ends the URL under which the bundle is evaluated. */
export const BUNDLE_SUFFIX = '.bundle.cjs';

const MAP_COMMENT = '//# sourceMappingURL=data:application/json;base64,';

let bundleCode = '';
let bundleMap: SourceMap | undefined;

/** Called once per thread with the code that is evaluated; the map in it is parsed when first needed. */
export function rememberBundle(code: string): void {
  bundleCode = code;
  bundleMap = undefined;
}

function readMap(): SourceMap | undefined {
  const at = bundleCode.lastIndexOf(MAP_COMMENT);
  if (at < 0) return undefined;
  const json = Buffer.from(bundleCode.slice(at + MAP_COMMENT.length), 'base64').toString();
  return new SourceMap(JSON.parse(json) as SourceMapPayload);
}

export interface MappedPosition {
  /** As the map has it: a file URL for the user's files. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** The user's position for one in the bundle (both from 1); undefined where the code is not the user's. */
export function mapPosition(line: number, column: number): MappedPosition | undefined {
  bundleMap ??= readMap();
  const entry = bundleMap?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined)
    return undefined;
  return { source: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
