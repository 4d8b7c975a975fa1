/**
 * Bytes of protobuf's wire format, growing in number. A field is a tag (its number times 8, plus the wire type) and
 * its value; a field that is left out has its default value.
 *
 *     wire type   0 varint    integers; signed ones in zigzag: 0, -1, 1, -2, 2 … are 0, 1, 2, 3, 4 …
 *                 1 64 bits   double, fixed64
 *                 2 length    text, messages, packed numbers
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

const encoder = new TextEncoder();

export class ProtoBytes {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view of what was written; not to be used after the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** An integer from 0 to 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
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

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  varintField(id: number, value: number): void {
    this.varint(id * 8 + VARINT);
    this.varint(value);
  }

  zigzagField(id: number, value: number): void {
    this.varint(id * 8 + VARINT);
    this.zigzag(value);
  }

  doubleField(id: number, value: number): void {
    this.varint(id * 8 + FIXED64);
    this.double(value);
  }

  fixed64Field(id: number, value: bigint): void {
    this.varint(id * 8 + FIXED64);
    this.fixed64(value);
  }

  textField(id: number, value: string): void {
    this.varint(id * 8 + LENGTH);
    this.text(value);
  }

  /** A message, or packed numbers: what `write` writes. */
  field(id: number, write: () => void): void {
    this.varint(id * 8 + LENGTH);
    this.delimited(write);
  }

  /** What `write` writes, with its length before it: known only afterwards, so the content moves up by its bytes. */
  delimited(write: () => void): void {
    const start = this.#length;
    write();
    const length = this.#length - start;
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
