import type { SseEvent } from './types.ts';

/** Longest part of an event that an error shows. */
const EXCERPT = 80;

export class ServerEvent implements SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
  readonly receivedAt: number;

  constructor(id: string, event: string, data: string, receivedAt: number) {
    this.id = id;
    this.event = event;
    this.data = data;
    this.receivedAt = receivedAt;
  }

  json<J = unknown>(): J {
    const { data } = this;
    try {
      return JSON.parse(data) as J;
    } catch (cause) {
      const excerpt = data.length > EXCERPT ? `${data.slice(0, EXCERPT)}…` : data;
      throw new SyntaxError(`the data of the event is not JSON: ${JSON.stringify(excerpt)}`, { cause });
    }
  }
}
