/**
 * When requests leave, within one turn of a thread's event loop:
 *
 *     timers -> sent at once
 *     reads  -> first all that has arrived is read, for at most 2 ms; what the answers lead to waits until then
 *     check  -> all that waits is sent
 *
 * A loop that has much to read would otherwise send a request after each answer. On the way it would leave the next
 * answers lying, and stamp them later than they came; and each send would wake a server that has just gone to sleep,
 * which costs the kernel more than all of the rest (half of the time of a small request, a quarter if sent together).
 * The wait is part of `blocked`. It is nothing where one answer comes at a time.
 */

/** What waits to be sent. */
export interface Waiting {
  /** Must not throw. */
  sendNow(): void;
}

/** Scripts that compute for long must not hold each other's requests back, to let them go in one burst. */
const MOST_MS = 2;

let reading = false;
/** When the first of those that wait could have been sent, or a little before. */
let sinceMs = 0;
let waiting: Waiting[] = [];

/** Called for each read, before what was read is told to anybody. */
export function beginReading(): void {
  if (!reading) {
    reading = true;
    sinceMs = performance.now();
    // The check phase follows the reads of the same turn.
    setImmediate(endReading);
  } else if (waiting.length > 0) {
    const nowMs = performance.now();
    if (nowMs - sinceMs < MOST_MS) return;
    sinceMs = nowMs;
    sendAll();
  }
}

/** True if `request` was taken, and will be told to send itself; false if it can do so at once. */
export function waitForReads(request: Waiting): boolean {
  if (reading) waiting.push(request);
  return reading;
}

function endReading(): void {
  reading = false;
  sendAll();
}

function sendAll(): void {
  const all = waiting;
  waiting = [];
  for (const request of all) request.sendNow();
}
