/**
 * A server whose behaviour is known: it answers when it was told to, to about 0.1 ms, and remembers when each request
 * came. A process of its own, so that neither the test nor the generator can hold it up:
 *
 *     node server.mjs '{"serviceMs":1,"pauseAtMs":4500,"pauseMs":1000}'       prints its port on one line
 *
 *     serviceMs            from the request's arrival to its answer
 *     slowMs, slowEvery    every n-th request takes slowMs instead
 *     oneAtATime           service begins when that of the request before has ended: capacity 1000 / serviceMs per second
 *     pauseAtMs, pauseMs   what arrives in this span, counted from the first request, is held to its end; then all of
 *                          it is answered at once
 *
 * `GET /late` gives by how many ms answers went out after their time, which is the machine's doing: `{ p95, max }`.
 * `GET /log` gives `{ id, atMs }` of every other request: its `x-id` header and its time on the server's clock.
 */

import { createServer } from 'node:http';

const {
  serviceMs = 0,
  slowMs = 0,
  slowEvery = Infinity,
  oneAtATime = false,
  pauseAtMs = Infinity,
  pauseMs = 0,
} = JSON.parse(process.argv[2] ?? '{}');

/** A timer fires up to this much late; the rest of the time to an answer is watched turn by turn. */
const TIMER_MS = 1.5;

const seen = [];
/** How late answers went out, ms. */
const lateMs = [];
/** When the last request's service ends. */
let lastEndMs = 0;
/** Answers to give, in the order in which they are due. */
const due = [];
let first;
let waiting = false;

function answerDue() {
  waiting = false;
  const now = performance.now();
  while (due.length > 0 && due[0].atMs <= now) {
    const { atMs, response } = due.shift();
    lateMs.push(now - atMs);
    response.end('ok');
  }
  wait();
}

function wait() {
  if (waiting || due.length === 0) return;
  waiting = true;
  const leftMs = due[0].atMs - performance.now();
  if (leftMs > TIMER_MS + 1) setTimeout(answerDue, leftMs - TIMER_MS);
  else setImmediate(answerDue);
}

function answerAt(atMs, response) {
  let place = due.length;
  while (place > 0 && due[place - 1].atMs > atMs) place--;
  due.splice(place, 0, { atMs, response });
  // A timer may be set for an answer that is due later than this one.
  if (place === 0 && waiting) setImmediate(answerDue);
  wait();
}

const server = createServer((request, response) => {
  const now = performance.now();
  if (request.url === '/late') {
    const sorted = lateMs.toSorted((a, b) => a - b);
    const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
    response.end(JSON.stringify({ p95, max: sorted.at(-1) ?? 0 }));
    return;
  }
  if (request.url === '/log') {
    response.end(JSON.stringify(seen));
    return;
  }
  first ??= now;
  const number = seen.push({ id: request.headers['x-id'], atMs: now });
  const sinceFirst = now - first;
  const heldMs =
    sinceFirst >= pauseAtMs && sinceFirst < pauseAtMs + pauseMs ? pauseAtMs + pauseMs - sinceFirst : 0;
  const beginMs = oneAtATime ? Math.max(now, lastEndMs) : now;
  lastEndMs = beginMs + heldMs + (number % slowEvery === 0 ? slowMs : serviceMs);
  answerAt(lastEndMs, response);
});
// Connections of idle VUs stay: a new one would cost the next request its handshake.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', 4096, () => console.log(server.address().port));
process.on('disconnect', () => process.exit());
