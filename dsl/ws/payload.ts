/** What `send` and `request` take: text and bytes as they are, anything else as JSON. */

export function encodePayload(payload: unknown): string | Uint8Array {
  if (typeof payload === 'string' || payload instanceof Uint8Array) return payload;
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  if (ArrayBuffer.isView(payload))
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  const text = JSON.stringify(payload) as string | undefined;
  if (text === undefined) {
    throw new TypeError(
      `ws: a message cannot be ${payload === undefined ? 'undefined' : `a ${typeof payload}`}`,
    );
  }
  return text;
}
