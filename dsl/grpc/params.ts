/** From what scripts write to what a call needs. Mistakes are TypeErrors that name the key. */

import { readMs, readObject, readWhole, wrongParam } from '../params.ts';
import { STATUS, type StatusName } from './status.ts';
import type { GrpcClientOptions, GrpcParams, GrpcStatus } from './types.ts';

export const DEFAULT_DEADLINE_MS = 60_000;

const CLIENT_KEYS = [
  'proto',
  'importPaths',
  'reflection',
  'plaintext',
  'tls',
  'metadata',
  'deadline',
  'authority',
  'maxReceiveBytes',
  'keepCase',
  'longs',
  'enums',
  'defaults',
] as const satisfies readonly (keyof GrpcClientOptions)[];
const CALL_KEYS = [
  'metadata',
  'deadline',
  'tags',
  'expectedStatus',
  'throw',
] as const satisfies readonly (keyof GrpcParams)[];
const TLS_KEYS = ['ca', 'cert', 'key', 'serverName', 'skipVerify'] as const;

const ADDRESS = /^(?:\[[\da-f:.]+\]|[^\s:/]+):\d{1,5}$/i;

export function readAddress(address: unknown): string {
  if (typeof address === 'string' && ADDRESS.test(address)) return address;
  throw new TypeError(
    `grpc.client: ${JSON.stringify(address) ?? typeof address} is not an address such as 'localhost:50051'`,
  );
}

export function readClientOptions(given: unknown): GrpcClientOptions {
  const options = readObject<GrpcClientOptions>('grpc.client', given, CLIENT_KEYS);
  if (options.proto === undefined && options.reflection !== true) {
    throw new TypeError("grpc.client: give the services, by proto: 'file.proto' or by reflection: true");
  }
  if (options.proto !== undefined && options.reflection === true) {
    throw new TypeError('grpc.client: give either proto or reflection, not both');
  }
  if (options.tls !== undefined) {
    readObject('grpc.client tls', options.tls, TLS_KEYS);
    if (options.plaintext === true) throw new TypeError('grpc.client: plaintext and tls exclude each other');
  }
  for (const [key, value, allowed] of [
    ['longs', options.longs, ['string', 'number']],
    ['enums', options.enums, ['string', 'number']],
  ] as const) {
    if (value !== undefined && !allowed.includes(value)) {
      throw wrongParam('grpc.client', key, value, allowed.map((one) => `'${one}'`).join(' or '));
    }
  }
  readMs('grpc.client', 'deadline', options.deadline, 0);
  readWhole('grpc.client', 'maxReceiveBytes', options.maxReceiveBytes, 0);
  return options;
}

export interface CallPlan {
  readonly limitMs: number;
  readonly given: GrpcParams;
  readonly expected: readonly number[];
  readonly throws: boolean;
}

const OK: readonly number[] = [STATUS.OK];

export function readCall(params: unknown, client: GrpcClientOptions, throws: boolean): CallPlan {
  const given = readObject<GrpcParams>('grpc', params, CALL_KEYS);
  const { expectedStatus } = given;
  return {
    given,
    limitMs: readMs('grpc', 'deadline', given.deadline ?? client.deadline, DEFAULT_DEADLINE_MS),
    expected:
      expectedStatus === undefined ? OK : [expectedStatus].flat().map((one) => readStatus(one as GrpcStatus)),
    throws: given.throw ?? throws,
  };
}

function readStatus(status: GrpcStatus): number {
  const code = typeof status === 'number' ? status : STATUS[status as StatusName];
  if (Number.isInteger(code) && code >= 0 && code <= STATUS.UNAUTHENTICATED) return code;
  throw wrongParam('grpc', 'expectedStatus', status, `one of ${Object.keys(STATUS).join(', ')}`);
}
