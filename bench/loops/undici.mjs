/**
 * Bare loops over undici: what a script would cost with nothing around it. Usage:
 *
 *     node bench/loops/undici.mjs request|dispatch get|post|post10k|10k|batch URL LOOPS SECONDS
 *
 * Each loop has a client of its own, as each VU has its connections; `batch` has six. Prints `{ "requests": n }`.
 */

import { Client } from 'undici';

const [api, workload, url, loops, seconds] = process.argv.slice(2);
const BODY = { id: 7, name: 'a small product', items: [1, 2, 3], note: 'ordered by a bench' };
const path = { get: '/json', post: '/post', post10k: '/post10k', '10k': '/10k', batch: '/json' }[workload];
const posts = workload.startsWith('post');
const headers = ['user-agent', 'bench/1', ...(posts ? ['content-type', 'application/json'] : [])];
const method = posts ? 'POST' : 'GET';
const endAt = performance.now() + Number(seconds) * 1000;
let requests = 0;

const bodyNow = () => (posts ? JSON.stringify(BODY) : null);

class Collect {
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
    this.chunks = [];
  }
  onConnect() {}
  onHeaders() {
    return true;
  }
  onData(chunk) {
    this.chunks.push(chunk);
    return true;
  }
  onComplete() {
    this.resolve(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks));
  }
  onError(error) {
    this.reject(error);
  }
}

const viaDispatch = (client) =>
  new Promise((resolve, reject) => {
    client.dispatch({ path, method, headers, body: bodyNow() }, new Collect(resolve, reject));
  });

async function viaRequest(client) {
  const { body } = await client.request({ path, method, headers, body: bodyNow() });
  return body.text();
}

const send = api === 'request' ? viaRequest : viaDispatch;

async function loop() {
  const clients = Array.from({ length: workload === 'batch' ? 6 : 1 }, () => new Client(url));
  while (performance.now() < endAt) {
    if (workload === 'batch') {
      const bodies = await Promise.all(clients.map(send));
      for (const body of bodies) JSON.parse(body.toString());
      requests += 6;
    } else {
      const body = await send(clients[0]);
      JSON.parse(body.toString());
      requests += 1;
    }
  }
  await Promise.all(clients.map((client) => client.close()));
}

await Promise.all(Array.from({ length: Number(loops) }, loop));
console.log(JSON.stringify({ requests }));
