/** A small gRPC server, for the example that needs one. */

import { fileURLToPath } from 'node:url';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Greet = ServerUnaryCall<{ userName?: string }, { text: string }>;
type CountTo = ServerWritableStream<{ last: number }, { value: number }>;

export interface Greeter {
  readonly address: string;
  stop(): void;
}

export function startGreeter(): Promise<Greeter> {
  const definition = loadSync(fileURLToPath(new URL('../data/greeter.proto', import.meta.url)));
  const { demo } = loadPackageDefinition(definition) as unknown as {
    demo: { Greeter: ServiceClientConstructor };
  };
  const server = new Server();
  server.addService(demo.Greeter.service, {
    Greet: ({ request }: Greet, done: sendUnaryData<{ text: string }>) => {
      if (!request.userName) done({ code: status.INVALID_ARGUMENT, details: 'who are you?' });
      else done(null, { text: `Hello, ${request.userName}` });
    },
    CountTo: (call: CountTo) => {
      for (let value = 1; value <= call.request.last; value++) call.write({ value });
      call.end();
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(error);
      else resolve({ address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() });
    });
  });
}
