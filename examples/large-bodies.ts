/** Bodies that are read or sent while they come, never whole in memory. */

import { Readable } from 'node:stream';
import { check, defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 2,
  iterations: 6,
  thresholds: { checks: ['rate==1'] },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

/** A long question, made while it is sent. */
function* question() {
  yield '{"message":"';
  for (let i = 0; i < 100; i++) yield 'why? ';
  yield '"}';
}

export default async function () {
  // The response is there with its head; the rest comes as fast as it is read here.
  const res = await http.get(`${BASE_URL}/products`, { responseType: 'stream' });
  let size = 0;
  for await (const part of res.body) size += (part as Uint8Array).length;
  check(size, { 'a whole list': (bytes) => bytes === Number(res.header('content-length') ?? bytes) });

  const headers = { 'Content-Type': 'application/json' };
  const chat = await http.post(`${BASE_URL}/chat`, Readable.from(question()), { headers });
  check(chat, { 'the question arrived whole': (r) => r.status === 200 });

  // Half read is enough: the rest is never sent.
  const half = await http.get(`${BASE_URL}/products`, { responseType: 'stream' });
  half.body.destroy();
  check(half, { 'the head was there': (r) => r.status === 200 });
}
