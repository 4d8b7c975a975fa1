/** Cuts what arrives on a socket into lines, and hands each to whoever waits longest: answers come in order. */

import type { Socket } from 'node:net';

interface Waiting {
  resolve(line: string): void;
  reject(error: Error): void;
}

/** A line that is longer than this is no answer of this protocol. */
const LONGEST_LINE = 1_048_576;

export class Lines {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #partial = '';
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () =>
      this.#end(Object.assign(new Error('connection closed'), { code: 'ECONNRESET' })),
    );
  }

  get open(): boolean {
    return this.#error === undefined;
  }

  /** Sends a line and settles with the line that answers it. */
  ask(line: string): Promise<string> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${line}\n`);
    });
  }

  /** After an answer that nobody waits for any more, the next one would go to the wrong question: start again. */
  destroy(error: Error): void {
    this.#end(error);
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) {
        this.#end(new Error('an answer to no question'));
        return;
      }
      waiting.resolve(line.replace(/\r$/, ''));
    }
    if (this.#partial.length > LONGEST_LINE) this.#end(new Error('the answer is too long'));
  }

  #end(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#socket.destroy();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
