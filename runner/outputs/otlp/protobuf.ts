/**
 * The protobuf wire format, as far as OTLP metrics need it: writes plain objects by a table of fields, and reads back
 * the one small message that receivers answer with.
 *
 * An object has the shape of OTLP's JSON (camelCase names, 64-bit integers as decimal strings), so one mapping serves
 * both encodings. A field that is undefined is left out; so are the default values of fields without presence, as other
 * encoders do.
 *
 *     wire type   0 varint    uint64, sint32 (zigzag), enum, bool
 *                 1 64 bits   double, fixed64
 *                 2 length    string, message, packed numbers
 */

export type Scalar = 'string' | 'double' | 'fixed64' | 'uint64' | 'sint32' | 'enum' | 'bool';

export interface Field {
  readonly id: number;
  readonly type: Scalar | MessageType;
  readonly repeated?: boolean;
  /** Written even if 0: oneof members and `optional` fields. */
  readonly presence?: boolean;
}

export interface MessageType {
  readonly [name: string]: Field;
}

export type PlainMessage = Readonly<Record<string, unknown>>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

const WIRE_TYPE: Readonly<Record<Scalar, number>> = {
  string: LENGTH,
  double: FIXED64,
  fixed64: FIXED64,
  uint64: VARINT,
  sint32: VARINT,
  enum: VARINT,
  bool: VARINT,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes that grow in number. A message's length is known only once it is written: it goes into a gap before it. */
class Bytes {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What `write` writes, with its length before it. */
  delimited(write: () => void): void {
    const start = this.#length;
    write();
    const length = this.#length - start;
    // The content moves up by the bytes of its length; a message of ours is a few kilobytes at most levels.
    let prefix = 1;
    for (let rest = length; rest > 127; rest = Math.floor(rest / 128)) prefix++;
    this.#reserve(prefix);
    this.#bytes.copyWithin(start + prefix, start, this.#length);
    this.#length = start;
    this.varint(length);
    this.#length = start + prefix + length;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    longer.set(this.#bytes);
    this.#bytes = longer;
    this.#view = new DataView(longer.buffer);
  }
}

function writeScalar(bytes: Bytes, type: Scalar, value: unknown): void {
  switch (type) {
    case 'string':
      return bytes.text(String(value));
    case 'double':
      return bytes.double(Number(value));
    case 'fixed64':
      return bytes.fixed64(BigInt(value as string));
    case 'sint32': {
      const number = Number(value);
      return bytes.varint(number < 0 ? -number * 2 - 1 : number * 2);
    }
    case 'uint64':
    case 'enum':
    case 'bool':
      return bytes.varint(Number(value));
  }
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === '' || value === false || value === '0';
}

function writeField(bytes: Bytes, field: Field, value: unknown): void {
  const { id, type, repeated, presence } = field;
  if (typeof type === 'object') {
    const messages = (repeated ? value : [value]) as readonly PlainMessage[];
    for (const message of messages) {
      bytes.varint(id * 8 + LENGTH);
      bytes.delimited(() => writeMessage(bytes, type, message));
    }
    return;
  }
  if (repeated) {
    const values = value as readonly unknown[];
    if (values.length === 0) return;
    bytes.varint(id * 8 + LENGTH);
    bytes.delimited(() => {
      for (const item of values) writeScalar(bytes, type, item);
    });
    return;
  }
  if (!presence && isDefault(value)) return;
  bytes.varint(id * 8 + WIRE_TYPE[type]);
  writeScalar(bytes, type, value);
}

function writeMessage(bytes: Bytes, type: MessageType, message: PlainMessage): void {
  for (const name in type) {
    const value = message[name];
    if (value !== undefined) writeField(bytes, type[name] as Field, value);
  }
}

export function encodeMessage(type: MessageType, message: PlainMessage): Uint8Array<ArrayBuffer> {
  const bytes = new Bytes();
  writeMessage(bytes, type, message);
  return bytes.taken();
}

/** A field as it stands on the wire: numbers of varints, bytes of all else. */
export interface RawField {
  readonly id: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Fields of one message, in their order; throws a RangeError where the bytes are no message. */
export function readFields(bytes: Uint8Array): readonly RawField[] {
  const fields: RawField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('a varint does not end');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('a field is longer than its message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const id = Math.floor(key / 8);
    const wireType = key % 8;
    if (id === 0) throw new RangeError('a field has no number');
    if (wireType === VARINT) fields.push({ id, number: varint(), bytes: bytes.subarray(at, at) });
    else if (wireType === LENGTH) fields.push({ id, number: 0, bytes: take(varint()) });
    else if (wireType === FIXED64 || wireType === FIXED32) {
      fields.push({ id, number: 0, bytes: take(wireType === FIXED64 ? 8 : 4) });
    } else throw new RangeError(`there is no wire type ${wireType}`);
  }
  return fields;
}

export function textOf(field: RawField): string {
  return decoder.decode(field.bytes);
}
