import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Largest request body that is read; a chat message is far below it. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * What is swallowed of a body that is too large before the connection is cut. Closing a socket with unread bytes in
 * it resets the connection, and the client would see the reset in place of the 413.
 */
const MAX_DRAINED_BYTES = 16 * 1024 * 1024;

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (size > MAX_DRAINED_BYTES) break;
  }
  if (size > MAX_BODY_BYTES) {
    throw new HttpError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`, { connection: 'close' });
  }
  return Buffer.concat(chunks);
}

/**
 * The request's body as an object: a form where the content type says so, otherwise JSON (whatever the content type,
 * since many scripts forget it).
 */
export async function readFields(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const source = (await readBytes(request)).toString('utf8');
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(source));
  }
  if (source.trim() === '') throw new HttpError(400, 'the body is empty; a JSON object is expected');
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpError(400, 'the body must be a JSON object');
  }
  return value as Record<string, unknown>;
}

/** A field that must be a non-empty string. */
export function requireText(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') {
    throw new HttpError(400, `'${name}' must be a non-empty string`);
  }
  return value;
}

/** A whole number within bounds, given as a number or as text (query, form); `fallback` where it is absent. */
export function wholeNumber(
  value: unknown,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly fallback?: number },
): number {
  if ((value === undefined || value === null) && bounds.fallback !== undefined) return bounds.fallback;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < bounds.min || number > bounds.max) {
    throw new HttpError(400, `'${name}' must be a whole number from ${bounds.min} to ${bounds.max}`);
  }
  return number;
}
