/**
 * When requests leave, within one turn of a thread's event loop:
 *
 *     timers -> sent at once
 *     reads  -> first all that has arrived is read; what the answers lead to waits until then
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

let reading = false;
const waiting: Waiting[] = [];

/** Called for each read, before what was read is told to anybody. */
export function beginReading(): void {
  if (reading) return;
  reading = true;
  // The check phase follows the reads of the same turn.
  setImmediate(sendAll);
}

/** True if `request` was taken, and will be told to send itself; false if it can do so at once. */
export function waitForReads(request: Waiting): boolean {
  if (reading) waiting.push(request);
  return reading;
}

function sendAll(): void {
  reading = false;
  for (const request of waiting) request.sendNow();
  waiting.length = 0;
}
