/**
 * Server-sent events: a stream is read event by event, and measured by its first byte, its first event and the gaps.
 * The demo system has no such stream, so this script brings a server of its own.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { check, defineOptions, http, sse } from 'brunt';

export const options = defineOptions({
  vus: 5,
  iterations: 20,
  thresholds: {
    sse_time_to_first_event: ['p(95)<2000'],
    sse_event_gap: ['p(95)<1000'],
    sse_errors: ['count==0'],
    checks: ['rate==1'],
  },
});

const WORDS = 'A stream says one word after the other'.split(' ');

let server: Server | undefined;

/** Says the words 20 ms apart; after `Last-Event-ID` it goes on where the client left. */
function startServer(): Promise<number> {
  server = createServer((request, response) => {
    if (request.url !== '/words') {
      response.end('ok');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    let at = Number(request.headers['last-event-id'] ?? 0);
    const timer = setInterval(() => {
      response.write(`id: ${at + 1}\ndata: ${JSON.stringify({ word: WORDS[at] })}\n\n`);
      at++;
      if (at < WORDS.length) return;
      clearInterval(timer);
      response.end('event: done\ndata: \n\n');
    }, 20);
    response.on('close', () => clearInterval(timer));
  });
  const listening = server;
  return new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port));
  });
}

export async function setup() {
  return { url: `http://127.0.0.1:${await startServer()}` };
}

export default async function ({ url }: { url: string }) {
  const health = await http.get(`${url}/health`);
  check(health, { healthy: (r) => r.status === 200 });

  const stream = await sse.connect(`${url}/words`, { idleTimeout: '5s' });
  const words: string[] = [];
  for await (const event of stream) {
    if (event.event === 'done') break;
    words.push(event.json<{ word: string }>().word);
  }
  check(words, { 'every word came': (all) => all.join(' ') === WORDS.join(' ') });

  // From the middle on, as a client that was cut off.
  const rest = await sse.connect(`${url}/words`, { lastEventId: '6' });
  const first = await rest.next('5s');
  check(first, { 'goes on after the last id': (event) => event?.id === '7' });
  rest.close();
}

export function teardown() {
  server?.closeAllConnections();
  server?.close();
}
