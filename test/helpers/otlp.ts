/** The receiving side of OTLP over HTTP, by the definitions that OpenTelemetry generates its own from. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { onTestFinished } from 'vitest';

interface GeneratedMessage {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  fromObject(object: object): object;
  toObject(message: object, options: { longs: StringConstructor }): object;
}

interface Generated {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: { readonly metrics: { readonly v1: Record<string, GeneratedMessage> } };
    };
  };
}

const { v1 } = (generated as unknown as Generated).opentelemetry.proto.collector.metrics;
const Request = v1.ExportMetricsServiceRequest as GeneratedMessage;
const Response = v1.ExportMetricsServiceResponse as GeneratedMessage;

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** 64-bit integers are texts. */
export interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly positive?: { readonly offset?: number; readonly bucketCounts?: readonly string[] };
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

interface OtlpData {
  readonly dataPoints: readonly OtlpPoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: OtlpData;
  readonly gauge?: OtlpData;
  readonly histogram?: OtlpData;
  readonly exponentialHistogram?: OtlpData;
}

export interface OtlpRequest {
  readonly resourceMetrics?: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly { readonly scope: object; readonly metrics: readonly OtlpMetric[] }[];
  }[];
}

export function decodeRequest(bytes: Uint8Array): OtlpRequest {
  return Request.toObject(Request.decode(bytes), { longs: String }) as OtlpRequest;
}

export function encodeResponse(message: object): Uint8Array {
  return Response.encode(message).finish();
}

export interface OtlpReceiver {
  readonly url: string;
  readonly port: number;
  /** Those with data, in order. */
  readonly requests: readonly OtlpRequest[];
  readonly headers: readonly IncomingMessage['headers'][];
  metrics(name: string): readonly OtlpMetric[];
}

type Answer = (request: number, response: ServerResponse) => boolean;

function body(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
    request.on('end', () => {
      const whole = Buffer.concat(parts);
      resolve(request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole);
    });
  });
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * Takes everything at `/v1/metrics`, unless `answer` answers and returns true; it gets the number of the request with
 * data, from 0. Port 0: a free one.
 */
export async function startOtlp(answer: Answer = () => false, wantedPort = 0): Promise<OtlpReceiver> {
  const requests: OtlpRequest[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let asked = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bytes = await body(request);
    const isJson = request.headers['content-type'] === 'application/json';
    const message = isJson
      ? (Request.toObject(Request.fromObject(JSON.parse(bytes.toString()) as object), {
          longs: String,
        }) as OtlpRequest)
      : decodeRequest(bytes);
    const hasData = (message.resourceMetrics?.length ?? 0) > 0;
    if (request.url !== '/v1/metrics') return void response.writeHead(404).end();
    if (hasData && answer(asked++, response)) return;
    if (hasData) {
      requests.push(message);
      headers.push(request.headers);
    }
    response.setHeader('content-type', isJson ? 'application/json' : 'application/x-protobuf');
    response.end(isJson ? '{}' : '');
  };
  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  const port = await listening(server, wantedPort);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    headers,
    metrics: (name) =>
      requests.flatMap((request) =>
        (request.resourceMetrics ?? []).flatMap((resource) =>
          resource.scopeMetrics.flatMap((scope) => scope.metrics.filter((one) => one.name === name)),
        ),
      ),
  };
}
