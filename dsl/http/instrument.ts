/**
 * `http.instrument(fn)`: whatever runs inside of `fn`, in any package, is measured as this VU's: the global `fetch`, and
 * requests over `node:http` and `node:https` with any agent of theirs. Packages are shared by the VUs of a thread, so
 * the VU is told by the asynchronous context. The globals are changed at the first use, once per thread; outside of
 * `fn` they do what they always did.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, type ClientRequest } from 'node:http';
import { isMeasured, type WithAddRequest } from './agents.ts';
import type { Fetch, NodeAgents } from './types.ts';

interface Instruments {
  readonly fetch: Fetch;
  readonly agents: NodeAgents;
}

const current = new AsyncLocalStorage<Instruments>();
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  const plainFetch = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const instruments = current.getStore();
    return instruments === undefined
      ? plainFetch(input, init)
      : instruments.fetch(input as Request, init as Parameters<Fetch>[1]);
  };
  const agent = Agent.prototype as unknown as WithAddRequest & { readonly protocol: string };
  const plainAdd = agent.addRequest;
  agent.addRequest = function add(
    this: WithAddRequest & { readonly protocol?: string },
    request: ClientRequest,
    options: unknown,
    ...rest: unknown[]
  ): void {
    const instruments = isMeasured(this) ? undefined : current.getStore();
    if (instruments === undefined) {
      plainAdd.call(this, request, options, ...rest);
      return;
    }
    const { http, https } = instruments.agents;
    const measured = request.protocol === 'https:' ? https : http;
    (measured as unknown as WithAddRequest).addRequest(request, options, ...rest);
  };
}

/** Runs `fn` and gives what it gives. */
export function instrument<T>(instruments: Instruments, fn: () => T): T {
  if (typeof fn !== 'function') throw new TypeError('http.instrument(fn): fn is not a function');
  install();
  return current.run(instruments, fn);
}
