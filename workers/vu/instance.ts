/** One VU's instance of the script: its host, what `brunt` means to it, and the exports of its modules. */

import { createApi } from '../../dsl/api.ts';
import { withCurrentHost } from '../../dsl/current.ts';
import type { LoadedScript, ScriptModule } from '../load/script.ts';
import { ThreadVuHost, type ThreadWorld, type VuIdentity } from './host.ts';

export interface ScriptVu {
  readonly host: ThreadVuHost;
  readonly module: ScriptModule;
}

/** Runs the script's module code for one VU. Throws a BruntError (exit 107) if that throws. */
export function instantiate(script: LoadedScript, world: ThreadWorld, identity: VuIdentity): ScriptVu {
  const host = new ThreadVuHost(world, identity);
  const api = createApi(host);
  const module = withCurrentHost(host, () =>
    script.instantiate(host, (specifier) => (specifier === 'brunt' ? api : undefined)),
  );
  host.initializing = false;
  return { host, module };
}
