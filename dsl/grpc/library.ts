/** The two packages that speak gRPC, from the script's installation or Brunt's own. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { requirePackage } from '../optional-package.ts';

export type GrpcLibrary = typeof import('@grpc/grpc-js');
export type ProtoLoader = typeof import('@grpc/proto-loader');

export interface Libraries {
  readonly grpc: GrpcLibrary;
  readonly loader: ProtoLoader;
  /** Resolves as the loader does, so that its own version of protobufjs is found. */
  readonly requireAsLoader: NodeJS.Require;
}

const LOADER = '@grpc/proto-loader';

let loaded: Libraries | undefined;

function requireFrom(name: string, scriptDir: string): NodeJS.Require {
  try {
    return createRequire(createRequire(join(scriptDir, 'script.js')).resolve(name));
  } catch {
    return createRequire(createRequire(import.meta.url).resolve(name));
  }
}

/** Once per thread. Throws a BruntError that says what to install. */
export function libraries(scriptDir: string): Libraries {
  loaded ??= {
    grpc: requirePackage('@grpc/grpc-js', scriptDir, 'brunt/grpc') as GrpcLibrary,
    loader: requirePackage(LOADER, scriptDir, 'brunt/grpc') as ProtoLoader,
    requireAsLoader: requireFrom(LOADER, scriptDir),
  };
  return loaded;
}
