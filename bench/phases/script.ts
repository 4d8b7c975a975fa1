/** Four kinds of requests in turn, paced; what Brunt says of each goes into a file, one line of JSON per request. */

import { appendFileSync } from 'node:fs';
import { defineOptions, http, sleep } from 'brunt';

export const options = defineOptions({
  vus: 1,
  iterations: Number(__ENV.ROUNDS),
  insecureSkipTLSVerify: true,
});

const body = 'z'.repeat(Number(__ENV.BODY_BYTES));
const kinds = ['plain-new', 'plain-kept', 'tls-new', 'tls-kept'];
let n = 0;

export default async function () {
  for (const kind of kinds) {
    const [security, connection] = kind.split('-');
    const base = security === 'tls' ? __ENV.TLS_URL : __ENV.PLAIN_URL;
    const id = `${kind}-${n++}`;
    // Hosts of their own keep the connections of new and kept requests apart.
    const host = connection === 'new' ? '127.0.0.1' : 'localhost';
    const url = `${String(base).replace('127.0.0.1', host)}/${connection}?id=${id}`;
    const { status, timings } = await http.post(url, body, { tags: { name: kind } });
    appendFileSync(String(__ENV.TIMINGS), `${JSON.stringify({ id, status, timings })}\n`);
    await sleep(0.01);
  }
}
