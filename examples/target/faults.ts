import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { wholeNumber } from './body.ts';
import { HttpError } from './http-error.ts';
import { empty, HANDLED, json, text } from './reply.ts';
import type { Exchange, Route } from './router.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'x');
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_SLOW_MS = 60_000;

function* chunks(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= CHUNK.length)
    yield left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
}

/** Sends `count` bytes, no faster than the client reads; a client that leaves early is no error. */
async function sendBytes({ request, response }: Exchange, count: number): Promise<typeof HANDLED> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': count });
  if (request.method === 'HEAD') response.end();
  else await pipeline(chunks(count), response).catch(() => {});
  return HANDLED;
}

/** What goes wrong on purpose, so that a script's handling of it can be tried. */
export function faultRoutes(random: () => number): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: '/slow',
      says: '?ms=N answers after N milliseconds (default 1000)',
      async handle({ query }) {
        const ms = wholeNumber(query.get('ms'), 'ms', { min: 0, max: MAX_SLOW_MS, fallback: 1000 });
        await delay(ms);
        return json(200, { waitedMs: ms });
      },
    },
    {
      method: 'GET',
      pattern: '/status/:code',
      says: 'answers with that status',
      handle({ params }) {
        const status = wholeNumber(params.code, 'code', { min: 200, max: 599 });
        return status === 204 || status === 205 || status === 304 ? empty(status) : json(status, { status });
      },
    },
    {
      method: 'GET',
      pattern: '/redirect/:n',
      says: 'redirects N times, then answers',
      handle({ params }) {
        const n = wholeNumber(params.n, 'n', { min: 0, max: 100 });
        return n === 0 ? text(200, 'arrived\n') : empty(302, { location: `/redirect/${n - 1}` });
      },
    },
    {
      method: 'GET',
      pattern: '/reset',
      says: 'resets the connection without an answer',
      handle({ request }) {
        request.socket.resetAndDestroy();
        return HANDLED;
      },
    },
    {
      method: 'GET',
      pattern: '/flaky',
      says: '?rate=R fails with 500 in that share of requests (default 0.1)',
      handle({ query }) {
        const rate = Number(query.get('rate') ?? 0.1);
        if (!(rate >= 0 && rate <= 1)) throw new HttpError(400, "'rate' must be a number from 0 to 1");
        if (random() < rate) throw new HttpError(500, 'a failure on purpose');
        return json(200, { ok: true });
      },
    },
    {
      method: 'GET',
      pattern: '/bytes/:n',
      says: 'answers with N bytes',
      handle: (exchange) =>
        sendBytes(exchange, wholeNumber(exchange.params.n, 'n', { min: 0, max: MAX_BYTES })),
    },
  ];
}
