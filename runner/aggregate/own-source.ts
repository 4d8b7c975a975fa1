/** The main thread's own snapshots come whenever there is something to say: no second begins with them or waits for them. */

export const OWN_SOURCE = 'main';

/** Of this process, or in a merge of one of several, whose names stand before it. */
export function isOwnSource(source: string): boolean {
  return source === OWN_SOURCE || source.endsWith(`/${OWN_SOURCE}`);
}
