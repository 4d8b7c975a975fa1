/** `sse`: opens streams of server-sent events. One object per VU. */

import type { VuHost } from '../host.ts';
import { CODE } from '../http/error-codes.ts';
import { InvalidUrlError, NamedUrl, parseTarget, type Target, withoutUserInfo } from '../http/url.ts';
import { withTags } from '../params.ts';
import { SseError } from './errors.ts';
import { readSseParams, VERB } from './params.ts';
import { sseSamples } from './samples.ts';
import { EventStream } from './stream.ts';
import type { Sse, SseStream } from './types.ts';
import { SseWorld } from './world.ts';

function readUrl(url: unknown): { readonly text: string; readonly name: string } {
  if (url instanceof NamedUrl) return { text: url.url, name: url.name };
  const text = url instanceof URL ? url.href : url;
  if (typeof text === 'string') return { text, name: withoutUserInfo(text) };
  throw new TypeError(
    `${VERB}: a URL was expected (a string, a URL or http.url), not ${text === null ? 'null' : typeof text}`,
  );
}

async function connect(world: SseWorld, url: unknown, params: unknown): Promise<SseStream> {
  const { host } = world;
  if (host.initializing) {
    throw new Error(`${VERB} cannot be called while the script loads; call it in setup() or in an iteration`);
  }
  const { text, name } = readUrl(url);
  const around = host.tags();
  const plan = await readSseParams(params, world.session.defaults.userAgent);
  const tagName = plan.name ?? (plan.tags?.name === undefined ? name : String(plan.tags.name));
  const samples = sseSamples(host.recorder, withTags(around, plan.tags), tagName, plan.method);
  let target: Target;
  try {
    target = parseTarget(text);
  } catch (error) {
    if (!(error instanceof InvalidUrlError)) throw error;
    const failure = { code: CODE.invalidUrl, message: error.message };
    samples.failed(host, failure, 0);
    throw new SseError(`${samples.label}: ${failure.message}`, failure.code);
  }
  return new EventStream({ world, plan, target, samples }).connect();
}

/** Makes a VU's `sse`. Its functions need no `this`. */
export function createSse(host: VuHost): Sse {
  const world = new SseWorld(host);
  return { connect: (url, params) => connect(world, url, params) };
}
