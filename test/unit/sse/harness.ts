/** One VU with its `sse` against one server that streams; everything is closed after each test. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { createSse } from '../../../dsl/sse/sse.ts';
import type { Sse } from '../../../dsl/sse/types.ts';
import { FakeHost } from '../../helpers/host.ts';
import { httpServer, type TestServer } from '../../helpers/servers.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function vu(options: Partial<ResolvedOptions> = {}): { readonly sse: Sse; readonly host: FakeHost } {
  const host = new FakeHost(options);
  const sse = createSse(host);
  closers.push(() => host.retire());
  return { sse, host };
}

export async function serving(server: Promise<TestServer>): Promise<TestServer> {
  const started = await server;
  closers.push(() => started.close());
  return started;
}

export type Streaming = (response: ServerResponse, request: IncomingMessage, count: number) => unknown;

/** A server whose every response is a stream of events; `count` counts requests from 1. */
export function streaming(each: Streaming): Promise<TestServer> {
  let count = 0;
  return serving(
    httpServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.flushHeaders();
      each(response, request, ++count);
    }),
  );
}

export const tick = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Waits until `what` holds; fails after 5 s. */
export async function until(what: () => boolean): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > 5000) throw new Error('it did not come to pass within 5 s');
    await tick(5);
  }
}
