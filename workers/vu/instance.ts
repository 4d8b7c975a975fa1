/** One VU's instance of the script: its host, what `brunt` means to it, and the exports of its modules. */

import { createApi } from '../../dsl/api.ts';
import { withCurrentHost } from '../../dsl/current.ts';
import type { Parts } from '../../dsl/parts.ts';
import type { LoadedScript, ScriptModule } from '../load/script.ts';
import { ThreadVuHost, type ThreadWorld, type VuIdentity } from './host.ts';

/** The script as a thread has it: its code, and the parts of the API that it mentions. */
export interface ThreadScript {
  readonly script: LoadedScript;
  readonly parts: Parts;
}

export interface ScriptVu {
  readonly host: ThreadVuHost;
  readonly module: ScriptModule;
}

/** Runs the script's module code for one VU. Throws a BruntError (exit 107) if that throws. */
export function instantiate(
  { script, parts }: ThreadScript,
  world: ThreadWorld,
  identity: VuIdentity,
): ScriptVu {
  const host = new ThreadVuHost(world, identity);
  const api = createApi(host, parts.named);
  let modules: Map<string, object> | undefined;
  /** What a specifier means to this VU; the same object each time. */
  const resolve = (specifier: string): object | undefined => {
    if (specifier === 'brunt') return api;
    const part = parts.modules[specifier];
    if (part === undefined) return undefined;
    modules ??= new Map();
    const made = modules.get(specifier) ?? part.create(host);
    modules.set(specifier, made);
    return made;
  };
  const module = withCurrentHost(host, () => script.instantiate(host, resolve));
  host.initializing = false;
  return { host, module };
}
