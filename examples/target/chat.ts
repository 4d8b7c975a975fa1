import { setTimeout as delay } from 'node:timers/promises';

export interface ChatAnswer {
  readonly id: number;
  readonly reply: string;
  readonly tokens: { readonly prompt: number; readonly completion: number };
}

/** Four letters to a token: the usual rule of thumb for English. */
const LETTERS_PER_TOKEN = 4;

const FASTEST_MS = 80;
const SPREAD_MS = 50;

const OPENINGS = ['Understood.', 'Good question.', 'Let me see.', 'Certainly.'] as const;

function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / LETTERS_PER_TOKEN));
}

/**
 * A stand-in for a language model. An answer takes 80 to 130 ms, leaning to the fast side: with u uniform in [0, 1)
 *
 *     delay = 80 + 50 * u^1.5      mean 100, p50 97.7, p95 126.3, p99 129.3 ms
 *
 * so a test against it has an answer that is known beforehand.
 */
export class ChatModel {
  readonly #random: () => number;
  #answers = 0;
  #promptTokens = 0;
  #completionTokens = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Tokens of all answers so far. */
  get tokens(): { readonly prompt: number; readonly completion: number } {
    return { prompt: this.#promptTokens, completion: this.#completionTokens };
  }

  async answer(message: string): Promise<ChatAnswer> {
    this.#answers += 1;
    const id = this.#answers;
    const delayMs = FASTEST_MS + SPREAD_MS * this.#random() ** 1.5;
    const opening = OPENINGS[Math.floor(this.#random() * OPENINGS.length)] as string;
    await delay(delayMs);
    const quoted = message.length > 200 ? `${message.slice(0, 200)}…` : message;
    const reply = `${opening} You said: "${quoted}"`;
    const tokens = { prompt: countTokens(message), completion: countTokens(reply) };
    this.#promptTokens += tokens.prompt;
    this.#completionTokens += tokens.completion;
    return { id, reply, tokens };
  }
}
