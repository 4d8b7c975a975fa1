/**
 * A key-value store that is spoken to in lines, as a protocol of Brunt:
 *
 *     SET key value    -> OK                     GET key -> VALUE value | NONE
 *     DEL key          -> OK | NONE              anything else -> ERROR why
 *
 * What a package of this kind consists of: `defineProtocol` in module code, one `exchange` per request, a connection
 * from `connect`, and `ProtocolError` for what the other side refuses.
 */

import { defineProtocol, InterruptedError, ProtocolError, TimeoutError } from 'brunt/protocol';
import { Lines } from './lines.ts';

/** Numbers of failures that only this protocol has. */
export const CODE = {
  /** The server answered ERROR. */
  refused: 10_001,
  /** The server answered something that this protocol does not know. */
  garbled: 10_002,
} as const;

const kv = defineProtocol({ name: 'kv', metrics: { hits: 'rate' } });

export interface KvOptions {
  readonly host: string;
  readonly port: number;
  /** Of each request, connecting included. Default 60s. */
  readonly timeout?: string | number;
}

export interface KvClient {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Whether there was such a key. */
  delete(key: string): Promise<boolean>;
  close(): void;
}

function word(text: string, what: string): string {
  if (text === '' || /[\s]/.test(text))
    throw new TypeError(`kv: ${JSON.stringify(text)} cannot be a ${what}`);
  return text;
}

/** A client with one connection, made at its first request and again after it broke. */
export function connect(options: KvOptions): KvClient {
  let lines: Promise<Lines> | undefined;

  const opened = async (): Promise<Lines> => {
    if (lines === undefined || !(await lines).open)
      lines = kv.connect(options).then((socket) => new Lines(socket));
    return lines;
  };

  const close = (error: Error): void => {
    lines?.then(
      (open) => open.destroy(error),
      () => undefined,
    );
    lines = undefined;
  };
  // Between iterations the connection stays, as a user's does. What was interrupted has an answer outstanding.
  kv.onInterrupt(close);

  const request = <T>(command: string, line: string, read: (answer: string) => T): Promise<T> =>
    kv
      .exchange({ name: command, timeout: options.timeout }, async (exchange) => {
        const open = await opened();
        exchange.begin();
        const answer = await open.ask(line);
        const [status = ''] = answer.split(' ', 1);
        exchange.tag('status', status);
        if (status === 'ERROR') throw new ProtocolError(CODE.refused, answer.slice(6), { answered: true });
        return read(answer);
      })
      .catch((error: unknown) => {
        if (error instanceof TimeoutError || error instanceof InterruptedError) close(error);
        else if (lines !== undefined) {
          const failed = lines;
          failed.catch(() => {
            if (lines === failed) lines = undefined;
          });
        }
        throw error;
      });

  const garbled = (): never => {
    throw new ProtocolError(CODE.garbled, 'an answer that this protocol does not know');
  };

  return {
    get: (key) =>
      request('GET', `GET ${word(key, 'key')}`, (answer) => {
        if (answer === 'NONE') {
          kv.metrics.hits.add(0);
          return undefined;
        }
        if (!answer.startsWith('VALUE ')) return garbled();
        kv.metrics.hits.add(1);
        return answer.slice(6);
      }),
    set: (key, value) =>
      request('SET', `SET ${word(key, 'key')} ${word(value, 'value')}`, (answer) =>
        answer === 'OK' ? undefined : garbled(),
      ),
    delete: (key) =>
      request('DEL', `DEL ${word(key, 'key')}`, (answer) => {
        if (answer === 'OK' || answer === 'NONE') return answer === 'OK';
        return garbled();
      }),
    close: () => close(new Error('closed')),
  };
}
