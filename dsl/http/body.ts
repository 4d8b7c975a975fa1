/**
 * Request bodies, as bytes.
 *
 *     string, Uint8Array, ArrayBuffer     as it is, no content type of our own
 *     URLSearchParams, plain object       application/x-www-form-urlencoded
 *     plain object with a file inside     multipart/form-data
 *     FormData, Blob                      read first (they are asynchronous), then as above
 *     params.json                         application/json
 *
 * A plain object under an explicit JSON content type is sent as JSON: a form would contradict its own header.
 */

import { type EncodedBody, encodeMultipart, FileData } from './multipart.ts';

const FORM = 'application/x-www-form-urlencoded';

export function encodeJson(value: unknown): EncodedBody {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`params.json: a ${typeof value} has no JSON form`);
  return { bytes: Buffer.from(text), contentType: 'application/json' };
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype as object) === null;
}

function scalarText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  throw new TypeError(
    `the form field ${JSON.stringify(name)} is ${Array.isArray(value) ? 'a nested array' : `a ${typeof value}`}; ` +
      'a form holds texts, numbers, booleans and files. For JSON give params.json or JSON.stringify the body',
  );
}

/** Fields in order; arrays repeat their name; undefined and null are left out. */
function* formFields(
  form: Readonly<Record<string, unknown>>,
): Generator<readonly [string, string | FileData]> {
  for (const [name, value] of Object.entries(form)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item === undefined || item === null) continue;
      yield [name, item instanceof FileData ? item : scalarText(name, item)];
    }
  }
}

function encodeForm(form: Readonly<Record<string, unknown>>): EncodedBody {
  const fields = [...formFields(form)];
  if (fields.some(([, value]) => value instanceof FileData)) return encodeMultipart(fields);
  const text = new URLSearchParams(fields as [string, string][]).toString();
  return { bytes: Buffer.from(text), contentType: FORM };
}

async function readBlob(blob: Blob): Promise<EncodedBody> {
  const bytes = Buffer.from(await blob.arrayBuffer());
  return { bytes, contentType: blob.type === '' ? undefined : blob.type };
}

async function readFormData(form: FormData): Promise<EncodedBody> {
  const fields: [string, string | FileData][] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.push([name, value]);
    else {
      const data = await value.arrayBuffer();
      fields.push([name, new FileData(data, value.name, value.type === '' ? undefined : value.type)]);
    }
  }
  return encodeMultipart(fields);
}

/** The bytes of a body; a promise only for FormData and Blob. Throws TypeError for what cannot be sent. */
export function encodeBody(
  body: unknown,
  contentType: string | undefined,
): EncodedBody | undefined | Promise<EncodedBody> {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: undefined };
  if (body instanceof Uint8Array) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return { bytes, contentType: undefined };
  }
  if (body instanceof ArrayBuffer) return { bytes: Buffer.from(body), contentType: undefined };
  if (ArrayBuffer.isView(body)) {
    return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength), contentType: undefined };
  }
  if (body instanceof URLSearchParams) {
    return { bytes: Buffer.from(body.toString()), contentType: `${FORM};charset=UTF-8` };
  }
  if (body instanceof FormData) return readFormData(body);
  if (body instanceof Blob) return readBlob(body);
  if (typeof body === 'object') {
    if (contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)) {
      return { bytes: encodeJson(body).bytes, contentType: undefined };
    }
    if (!Array.isArray(body) && isPlainObject(body)) return encodeForm(body as Record<string, unknown>);
  }
  throw new TypeError(
    `a request body cannot be ${Array.isArray(body) ? 'an array' : `a ${describe(body)}`}; ` +
      'give a string, bytes, a plain object (sent as a form), or params.json',
  );
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  return (value.constructor as { name?: string } | undefined)?.name ?? 'object';
}
