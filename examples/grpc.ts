/** gRPC: calls, a stream, a status that is expected, thresholds by method. */

import { check, defineOptions } from 'brunt';
import { client } from 'brunt/grpc';
import { startGreeter } from './lib/greeter.ts';

export const options = defineOptions({
  vus: 3,
  iterations: 30,
  thresholds: {
    'grpc_req_duration{name:demo.Greeter/Greet}': ['p(95)<300'],
    grpc_req_failed: ['rate==0'],
    grpc_streams_msgs_received: ['count==150'],
    checks: ['rate==1'],
  },
});

let stop: (() => void) | undefined;

// This example brings its own server; a test of yours would have an address.
export async function setup(): Promise<{ address: string }> {
  const server = await startGreeter();
  stop = () => server.stop();
  return { address: server.address };
}

let greeter: ReturnType<typeof client> | undefined;

export default async function ({ address }: { address: string }): Promise<void> {
  greeter ??= client(address, { proto: 'data/greeter.proto', plaintext: true, deadline: '5s' });

  const res = await greeter.invoke<{ text: string }>('demo.Greeter/Greet', { userName: 'Ada' });
  check(res, { 'greets by name': (r) => r.message?.text === 'Hello, Ada' });

  const nameless = await greeter.invoke('demo.Greeter/Greet', {}, { expectedStatus: 'INVALID_ARGUMENT' });
  check(nameless, { 'asks for a name': (r) => r.statusName === 'INVALID_ARGUMENT' });

  const stream = greeter.stream<object, { value: number }>('demo.Greeter/CountTo', { last: 5 });
  let sum = 0;
  for await (const { value } of stream) sum += value;
  const end = await stream.finish();
  check(end, { 'counts to five': (r) => r.status === 0 && sum === 15 });
}

export function teardown(): void {
  stop?.();
}
