/**
 * Messages of OTLP in protobuf: writes plain objects by a table of their fields, and reads back the one small message
 * that receivers answer with.
 *
 * An object has the shape of OTLP's JSON (camelCase names, 64-bit integers as decimal strings or as numbers), so one mapping serves
 * both encodings. A field that is undefined is left out; so are the default values of fields without presence, as other
 * encoders do.
 */

import { ProtoBytes } from '../proto-bytes.ts';

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

const decoder = new TextDecoder();

function writeScalar(bytes: ProtoBytes, type: Scalar, value: unknown): void {
  if (type === 'string') bytes.text(String(value));
  else if (type === 'double') bytes.double(Number(value));
  else if (type === 'fixed64') bytes.fixed64(BigInt(value as string | number));
  else if (type === 'sint32') bytes.zigzag(Number(value));
  else bytes.varint(Number(value));
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === '' || value === false || value === '0';
}

function writeField(bytes: ProtoBytes, field: Field, value: unknown): void {
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

function writeMessage(bytes: ProtoBytes, type: MessageType, message: PlainMessage): void {
  for (const name in type) {
    const value = message[name];
    if (value !== undefined) writeField(bytes, type[name] as Field, value);
  }
}

export function encodeMessage(type: MessageType, message: PlainMessage): Uint8Array<ArrayBuffer> {
  const bytes = new ProtoBytes();
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
