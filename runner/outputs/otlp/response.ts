/** What a receiver of OTLP says about a request that it took: all, or only a part. */

import type { PostAnswer } from '../post.ts';
import { readFields, textOf } from './protobuf.ts';

export interface PartialSuccess {
  readonly rejectedPoints: number;
  readonly message: string;
}

const ALL: PartialSuccess = { rejectedPoints: 0, message: '' };

function fromJson(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = (JSON.parse(new TextDecoder().decode(body)) ?? {}) as {
    partialSuccess?: { rejectedDataPoints?: unknown; errorMessage?: unknown } | null;
  };
  return {
    rejectedPoints: Number(partialSuccess?.rejectedDataPoints ?? 0) || 0,
    message: typeof partialSuccess?.errorMessage === 'string' ? partialSuccess.errorMessage : '',
  };
}

/** ExportMetricsServiceResponse: partial_success is 1; in it rejected_data_points is 1 and error_message is 2. */
function fromProtobuf(body: Uint8Array): PartialSuccess {
  const partial = readFields(body).findLast(({ id }) => id === 1);
  if (partial === undefined) return ALL;
  const fields = readFields(partial.bytes);
  const message = fields.findLast(({ id }) => id === 2);
  return {
    rejectedPoints: fields.findLast(({ id }) => id === 1)?.number ?? 0,
    message: message === undefined ? '' : textOf(message),
  };
}

/**
 * Throws where the answer is none of an OTLP receiver: what was sent has then most likely gone nowhere. An empty body
 * is a complete success in both encodings, whatever its type.
 */
export function partialSuccess({ body, contentType }: PostAnswer): PartialSuccess {
  if (body.length === 0) return ALL;
  try {
    if (contentType.endsWith('json')) return fromJson(body);
    if (contentType === 'application/x-protobuf') return fromProtobuf(body);
  } catch {
    // As an answer of another type.
  }
  throw new Error(
    `it answered with ${contentType === '' ? 'something' : contentType} that is no answer of an OTLP receiver`,
  );
}
