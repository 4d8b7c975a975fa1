/** Requests that wait for their answer among the messages of one socket, the oldest first. */

import type { Wait } from '../wait.ts';
import type { WsMessage } from './types.ts';

export interface Request {
  readonly wait: Wait<WsMessage>;
  /** Undefined takes any message. */
  readonly match: ((message: WsMessage) => boolean) | undefined;
  /** The `name` tag in place of the socket's. */
  readonly name: string | undefined;
}

export class Requests {
  #list: Request[] = [];

  get size(): number {
    return this.#list.length;
  }

  add(request: Request): void {
    this.#list.push(request);
  }

  remove(wait: Wait<WsMessage>): void {
    this.#list = this.#list.filter((request) => request.wait !== wait);
  }

  clear(): void {
    this.#list = [];
  }

  /** The request whose answer this is, taken off the list. A matcher that throws ends its own request. */
  take(message: WsMessage): Request | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const request = list[i] as Request;
      let mine: boolean;
      try {
        mine = request.match === undefined || request.match(message);
      } catch (error) {
        list.splice(i--, 1);
        request.wait.reject(error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      if (!mine) continue;
      list.splice(i, 1);
      return request;
    }
    return undefined;
  }
}
