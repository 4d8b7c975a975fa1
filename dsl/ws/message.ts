/** A message as scripts get it: bytes; text and JSON are made when they are read. */

import type { WsMessage } from './types.ts';

/** Longest part of a message that an error shows. */
const EXCERPT = 80;

export class Message implements WsMessage {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
  readonly receivedAt: number;
  #text: string | undefined;

  constructor(bytes: Uint8Array, isBinary: boolean, receivedAt: number) {
    this.bytes = bytes;
    this.isBinary = isBinary;
    this.receivedAt = receivedAt;
  }

  get size(): number {
    return this.bytes.length;
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.#text ??= Buffer.from(buffer, byteOffset, byteLength).toString();
    return this.#text;
  }

  json<J = unknown>(): J {
    const text = this.text();
    try {
      return JSON.parse(text) as J;
    } catch (cause) {
      const excerpt = text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
      throw new SyntaxError(`the message is not JSON: ${JSON.stringify(excerpt)}`, { cause });
    }
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { isBinary: this.isBinary, size: this.size, ...(this.isBinary ? {} : { text: this.text() }) };
  }
}
