/** `brunt/grpc` as one VU gets it. */

import type { VuHost } from '../host.ts';
import { Client } from './client.ts';
import { libraries } from './library.ts';
import { readAddress, readClientOptions } from './params.ts';
import { GrpcError, STATUS } from './status.ts';
import type { GrpcClient, GrpcClientOptions, GrpcParams } from './types.ts';

export interface GrpcModule {
  /** A client of one server, with one connection, made at its first call. `address` is `host:port`. */
  client(address: string, options: GrpcClientOptions): GrpcClient;
  /** Numbers of statuses by name. */
  readonly status: typeof STATUS;
  readonly GrpcError: typeof GrpcError;
}

/** Functions that need no `this`. */
function bound(client: Client): GrpcClient {
  return {
    invoke: ((method: string, request?: object, params?: GrpcParams) =>
      client.invoke(method, request, params)) as unknown as GrpcClient['invoke'],
    stream: ((method: string, request?: object | null, params?: GrpcParams) =>
      client.stream(method, request, params)) as unknown as GrpcClient['stream'],
    connect: () => client.connect(),
    close: () => client.close(),
  };
}

export function create(host: VuHost): GrpcModule {
  const found = libraries(host.scriptDir);
  const clients: Client[] = [];
  host.onInterrupt((reason) => {
    for (const client of clients) client.interrupt(reason);
  });
  host.onIterationEnd(() => {
    for (const client of clients) client.endIteration();
  });
  host.onRetire(() => {
    for (const client of clients) client.retire();
  });
  return {
    client: (address, options) => {
      const client = new Client(found, host, readAddress(address), readClientOptions(options));
      clients.push(client);
      return bound(client);
    },
    status: STATUS,
    GrpcError,
  };
}
