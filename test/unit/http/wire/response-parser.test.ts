import { expect, test } from 'vitest';
import type { ResponseHead } from '../../../../dsl/http/wire/head.ts';
import { ResponseParser } from '../../../../dsl/http/wire/response-parser.ts';

function namesAndValues({ headers }: ResponseHead): string {
  return headers.map((bytes) => bytes.toString('latin1')).join('|');
}

/** What a parser told, as one line per event; the parts of a body as one. */
class Log {
  readonly events: string[] = [];
  readonly heads: ResponseHead[] = [];
  readonly parts: Buffer[] = [];
  readonly parser = new ResponseParser({
    onFirstByte: () => this.events.push('first byte'),
    onHead: (head) => {
      this.heads.push(head);
      const headers = namesAndValues(head);
      this.events.push(`${head.status} ${JSON.stringify(head.statusText)} ${headers}`);
    },
    onBody: (bytes) => {
      this.parts.push(bytes);
      const last = this.events.at(-1) as string;
      if (last.startsWith('body ')) this.events[this.events.length - 1] += bytes.toString('latin1');
      else this.events.push(`body ${bytes.toString('latin1')}`);
    },
    onEnd: (more) => this.events.push(more ? 'end, more follows' : 'end'),
    onUnasked: () => this.events.push('unasked'),
  });

  constructor(toHead = false) {
    this.parser.expect(toHead);
  }

  feed(text: string, owned = true): this {
    const bytes = Buffer.from(text, 'latin1');
    this.parser.feed(bytes, 0, bytes.length, owned);
    return this;
  }
}

function eventsOf(text: string, toHead = false): string[] {
  const log = new Log(toHead).feed(text);
  log.parser.close();
  return log.events;
}

const WITH_LENGTH = 'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"; c\r\nabc\r\n0A \r\n0123456789\r\n0;x\r\nX-Sum: 1\r\ny:\r\n\r\n';
const UNTIL_CLOSE = 'HTTP/1.0 404 Not Found\r\nx: \t a b \t\r\n\r\nall of it\r\n\r\n';

const CASES: readonly (readonly [string, boolean, readonly string[]])[] = [
  [WITH_LENGTH, false, ['first byte', '200 "OK" Server|x|Content-Length|5', 'body hello', 'end']],
  [CHUNKED, false, ['first byte', '200 "OK" Transfer-Encoding|chunked', 'body abc0123456789', 'end']],
  [UNTIL_CLOSE, false, ['first byte', '404 "Not Found" x|a b', 'body all of it\r\n\r\n', 'end']],
  ['HTTP/1.1 204 No Content\r\n\r\n', false, ['first byte', '204 "No Content" ', 'end']],
  ['HTTP/1.1 304\r\ncontent-length: 9\r\n\r\n', false, ['first byte', '304 "" content-length|9', 'end']],
  ['HTTP/1.1 200 \r\ncontent-length: 9\r\n\r\n', true, ['first byte', '200 "" content-length|9', 'end']],
  ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', false, ['first byte', '200 "OK" content-length|0', 'end']],
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n!',
    false,
    ['first byte', '200 "OK" content-length|1', 'body !', 'end'],
  ],
  [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\nempty:\r\n\r\nok',
    false,
    ['first byte', '200 "OK" content-length|2|Content-Length|2|empty|', 'body ok', 'end'],
  ],
  [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n1\r\n\xff\r\n0\r\n\r\n',
    false,
    ['first byte', '200 "OK" transfer-encoding|gzip, chunked', 'body \xff', 'end'],
  ],
  [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\nrest',
    false,
    ['first byte', '200 "OK" transfer-encoding|chunked, gzip', 'body rest', 'end'],
  ],
  ['HTTP/1.1 200 caf\xe9\r\nx: \x80\tz\r\n\r\n', false, ['first byte', '200 "caf\xe9" x|\x80\tz', 'end']],
];

test.each(CASES)('%j, to a HEAD: %s', (text, toHead, events) => {
  expect(eventsOf(text, toHead)).toEqual(events);
});

test('wherever a response is cut in two, it is the same', () => {
  for (const [text, toHead, events] of CASES) {
    for (let cut = 0; cut <= text.length; cut++) {
      const log = new Log(toHead).feed(text.slice(0, cut)).feed(text.slice(cut));
      log.parser.close();
      expect(log.events, `cut at ${cut} of ${JSON.stringify(text)}`).toEqual(events);
    }
  }
});

test('so it is in three pieces, and byte by byte', () => {
  for (const [text, toHead, events] of CASES) {
    for (let first = 1; first < text.length; first += 3) {
      for (let second = first; second < text.length; second += 5) {
        const log = new Log(toHead).feed(text.slice(0, first));
        log.feed(text.slice(first, second)).feed(text.slice(second));
        log.parser.close();
        expect(log.events).toEqual(events);
      }
    }
    const log = new Log(toHead);
    for (const char of text) log.feed(char);
    log.parser.close();
    expect(log.events).toEqual(events);
  }
});

test('from a buffer that is used again, all that is handed over is a copy', () => {
  for (const [text, toHead, events] of CASES) {
    for (let cut = 0; cut <= text.length; cut++) {
      const shared = Buffer.alloc(256);
      const log = new Log(toHead);
      for (const part of [text.slice(0, cut), text.slice(cut)]) {
        shared.fill('#').write(part, 0, 'latin1');
        log.parser.feed(shared, 0, part.length, false);
      }
      shared.fill('#');
      log.parser.close();
      expect(log.events).toEqual(events);
      expect(log.parts.map((part) => part.toString('latin1')).join('')).not.toMatch(/#/);
      expect(namesAndValues(log.heads[0] as ResponseHead)).toBe(events[1]?.replace(/^\d+ "[^"]*" /, ''));
    }
  }
});

test('owned bytes are not copied', () => {
  const bytes = Buffer.from(WITH_LENGTH);
  const log = new Log();
  log.parser.feed(bytes, 0, bytes.length, true);
  expect(log.parts[0]?.buffer).toBe(bytes.buffer);
});

test('one response after the other, each when it is expected', () => {
  const log = new Log().feed(WITH_LENGTH);
  log.parser.expect(false);
  log.feed(CHUNKED);
  log.parser.expect(true);
  log.feed('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n');
  expect(log.events.filter((event) => event === 'end')).toHaveLength(3);
  log.feed('H');
  expect(log.events.at(-1)).toBe('unasked');
});

test('what follows a response is told at its end', () => {
  expect(eventsOf(`${WITH_LENGTH}HTTP/1.1 200`).at(-1)).toBe('end, more follows');
  expect(eventsOf(`${CHUNKED}\n`).at(-1)).toBe('end, more follows');
  expect(eventsOf('HTTP/1.1 204 No Content\r\n\r\nbody').at(-1)).toBe('end, more follows');
});

test('a stopped parser tells nothing more', () => {
  const log = new Log().feed('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe');
  log.parser.stop();
  expect(log.parser.close()).toBe(false);
  expect(log.events.at(-1)).toBe('body he');
});

test.each([
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n',
  'HTTP/1.1 200 OK\r\nx: y\r\n',
  'HT',
  '',
])('the end of the connection is not the end of %j', (text) => {
  const log = new Log().feed(text);
  expect(log.parser.close()).toBe(false);
  expect(log.events).not.toContain('end');
});

const HEAD = 'HTTP/1.1 200 OK\r\n';
const IN_CHUNKS = `${HEAD}transfer-encoding: chunked\r\n\r\n`;

test.each([
  ['SSH-2.0-x', 'begin with HTTP/1'],
  ['<html>', 'begin with HTTP/1'],
  ['HTTP/2 200', 'begin with HTTP/1'],
  ['HTTP/1.2 200 OK', 'status line'],
  ['HTTP/1.1 20x', 'status line'],
  ['HTTP/1.1  200', 'status line'],
  ['HTTP/1.1 2000 OK', 'status line'],
  ['HTTP/1.1 200 O\0K', 'status line'],
  ['HTTP/1.1 200 OK\n', 'status line'],
  ['HTTP/1.1 200 OK\rX', 'line feed'],
  [`${HEAD}a b: c\r\n`, 'valid name'],
  [`${HEAD}a : c\r\n`, 'valid name'],
  [`${HEAD}: c\r\n`, 'valid name'],
  [`${HEAD}no colon\r\n`, 'valid name'],
  [`${HEAD}a: b\r\n folded\r\n`, 'valid name'],
  [`${HEAD}a: b\n`, 'byte that it must not have'],
  [`${HEAD}a: b\rc`, 'line feed'],
  [`${HEAD}a: b\0`, 'byte that it must not have'],
  [`${HEAD}a: b\x7f`, 'byte that it must not have'],
  [`${HEAD}a: b\r\n\r!`, 'line feed'],
  [`${HEAD}content-length: 5\r\ncontent-length: 6\r\n\r\n`, 'two different'],
  [`${HEAD}content-length: 5, 5\r\n\r\n`, 'not a number'],
  [`${HEAD}content-length: -5\r\n\r\n`, 'not a number'],
  [`${HEAD}content-length: 0x5\r\n\r\n`, 'not a number'],
  [`${HEAD}content-length:\r\n\r\n`, 'not a length'],
  [`${HEAD}content-length: 9999999999999999\r\n\r\n`, 'not a length'],
  [`${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`, 'both'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'switches protocols'],
  [`${IN_CHUNKS}zz\r\n`, 'begin with its size'],
  [`${IN_CHUNKS}\r\n`, 'begin with its size'],
  [`${IN_CHUNKS}5g\r\n`, 'not a number'],
  [`${IN_CHUNKS}-5\r\n`, 'begin with its size'],
  [`${IN_CHUNKS}5\n`, 'not a number'],
  [`${IN_CHUNKS}5\rX`, 'line feed'],
  [`${IN_CHUNKS}5;a\n`, 'extension'],
  [`${IN_CHUNKS}ffffffffffffffff\r\n`, 'too long'],
  [`${IN_CHUNKS}2\r\nabc`, 'longer than its size'],
  [`${IN_CHUNKS}2\r\nab\rX`, 'line feed'],
  [`${IN_CHUNKS}0\r\n: x\r\n`, 'trailer'],
  [`${IN_CHUNKS}0\r\na\r\n`, 'trailer'],
  [`${IN_CHUNKS}0\r\na: \0\r\n`, 'trailer'],
  [`${IN_CHUNKS}0\r\na: b\rX`, 'line feed'],
  [`${IN_CHUNKS}0\r\n\rX`, 'line feed'],
])('%j is malformed', (text, reason) => {
  for (const pieces of [[text], text.split('')]) {
    const log = new Log();
    expect(() => {
      for (const piece of pieces) log.feed(piece);
    }).toThrow(
      expect.objectContaining({ failure: { code: 1690, message: expect.stringContaining(reason) } }),
    );
    expect(log.events).not.toContain('end');
  }
});

test.each([
  ['headers', HEAD, 'x: ', 'y', 270_000],
  ['an extension', IN_CHUNKS, '1;', 'x', 70_000],
  ['trailers', IN_CHUNKS, '0\r\n', 'x: y\r\n', 30_000],
])('%s without end are too long', (_what, head, start, again, times) => {
  const piece = again.repeat(1000);
  expect(() => {
    const log = new Log().feed(head + start);
    for (let i = 0; i < times; i += 1000) log.feed(piece);
  }).toThrow(/too long/);
});

test('a head as long as that is too long, though it came at once', () => {
  expect(() => new Log().feed(`${HEAD}x: ${'y'.repeat(270_000)}\r\n\r\n`)).toThrow(/headers are too long/);
});

test('a head that was seen before is the same object, one that differs in a byte is not', () => {
  const [a, b, c] = ['1', '1', '2'].map((x) =>
    new Log().feed(`${HEAD}x-memo: ${x}\r\ncontent-length: 0\r\n\r\n`),
  );
  expect(b?.heads[0]).toBe(a?.heads[0]);
  expect(c?.events[1]).toBe('200 "OK" x-memo|2|content-length|0');
});

test('a remembered head does not hide what follows it', () => {
  const texts = ['ab', 'cd', 'ab'].map((body) => `${HEAD}x: same\r\ncontent-length: 2\r\n\r\n${body}`);
  expect(texts.map((text) => eventsOf(text)[2])).toEqual(['body ab', 'body cd', 'body ab']);
});

test.each([
  ['HTTP/1.1 200 OK\r\n\r\n', true, -1],
  ['HTTP/1.1 200 OK\r\nconnection: Keep-Alive, CLOSE\r\n\r\n', false, -1],
  ['HTTP/1.1 200 OK\r\nConnection: x\r\nconnection: close\r\n\r\n', false, -1],
  ['HTTP/1.1 200 OK\r\nconnection: closed\r\n\r\n', true, -1],
  ['HTTP/1.0 200 OK\r\n\r\n', false, -1],
  ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n', true, -1],
  ['HTTP/1.1 200 OK\r\nkeep-alive: max=5, Timeout=7\r\n\r\n', true, 7000],
  ['HTTP/1.1 200 OK\r\nkeep-alive: timeout="3"\r\n\r\n', true, 3000],
  ['HTTP/1.1 200 OK\r\nkeep-alive: soon\r\n\r\n', true, -1],
])('%j: keeps open %s, idle for %s ms', (text, keepsOpen, idleMs) => {
  expect(new Log(true).feed(text).heads[0]).toMatchObject({ keepsOpen, idleMs });
});
