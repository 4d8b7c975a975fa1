/** `brunt/grpc`: calls by gRPC. Needs the packages @grpc/grpc-js and @grpc/proto-loader. */

import { outside } from '../outside.ts';
import type { GrpcModule } from './part.ts';
import { GrpcError, STATUS } from './status.ts';

/** A client of one server, with one connection for each VU, made at its first call. `address` is `host:port`. */
export const client: GrpcModule['client'] = outside('client');
/** Numbers of statuses by name. */
export const status: typeof STATUS = STATUS;
export { GrpcError };

const grpc: GrpcModule = { client, status, GrpcError };
export default grpc;

export type {
  GrpcClient,
  GrpcClientOptions,
  GrpcCoding,
  GrpcParams,
  GrpcResponse,
  GrpcStatus,
  GrpcStatusName,
  GrpcStream,
  GrpcTls,
  Metadata,
} from './types.ts';
