/**
 * Scripts run on real Node: any npm package and any `node:` module works. Here zod checks the shape of every answer and
 * node:crypto makes ids.
 */

import { randomUUID } from 'node:crypto';
import { check, defineOptions, http } from 'brunt';
import { z } from 'zod';

export const options = defineOptions({
  vus: 2,
  iterations: 10,
  thresholds: { checks: ['rate==1'] },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

const Answer = z.object({
  id: z.number().int().positive(),
  reply: z.string().min(1),
  tokens: z.object({ prompt: z.number().int(), completion: z.number().int() }),
});

export default async function () {
  const res = await http.post(`${BASE_URL}/chat`, null, {
    headers: { 'X-Request-Id': randomUUID() },
    json: { message: 'hello' },
  });

  const answer = Answer.safeParse(res.json());
  check(answer, { 'the answer has the promised shape': (a) => a.success });
  if (!answer.success) console.error(z.prettifyError(answer.error));
}
