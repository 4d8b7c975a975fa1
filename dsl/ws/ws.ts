/** `ws`: opens WebSockets. One object per VU. */

import type { VuHost } from '../host.ts';
import { CODE } from '../http/error-codes.ts';
import { InvalidUrlError, type Target } from '../http/url.ts';
import { withTags } from '../params.ts';
import { WsError } from './errors.ts';
import { openSocket } from './handshake.ts';
import { readWsParams, readWsUrl, VERB } from './params.ts';
import { wsSamples } from './samples.ts';
import type { Ws, WsSocket } from './types.ts';
import { WsWorld } from './world.ts';

async function connect(world: WsWorld, url: unknown, params: unknown): Promise<WsSocket> {
  const { host } = world;
  if (host.initializing) {
    throw new Error(`${VERB} cannot be called while the script loads; call it in setup() or in an iteration`);
  }
  const plan = readWsParams(params);
  const address = readWsUrl(url);
  const tagName = plan.name ?? (plan.tags?.name === undefined ? address.name : String(plan.tags.name));
  const samples = wsSamples(host.recorder, withTags(host.tags(), plan.tags), tagName);
  let at: Target;
  try {
    at = address.target();
  } catch (error) {
    if (!(error instanceof InvalidUrlError)) throw error;
    const failure = { code: CODE.invalidUrl, message: error.message };
    samples.failed(host, failure, 0);
    throw new WsError(`${samples.label}: ${failure.message}`, failure.code);
  }
  return openSocket(world, plan, at, samples);
}

/** Makes a VU's `ws`. Its functions need no `this`. */
export function createWs(host: VuHost): Ws {
  const world = new WsWorld(host);
  return { connect: (url, params) => connect(world, url, params) };
}
