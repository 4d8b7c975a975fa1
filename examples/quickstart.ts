/**
 * The first load test: ten users of a chat service for eight seconds.
 *
 *     npm start                                    starts the demo system and runs this against it
 *     brunt run examples/quickstart.ts             runs it against a demo system that is running (brunt demo)
 *
 * Each user asks a question, looks something up and pauses, again and again. The thresholds at the top decide whether
 * the run has passed, and with it the exit code.
 */

import { check, defineOptions, http, sleep } from 'brunt';

export const options = defineOptions({
  vus: 10,
  duration: '8s',
  thresholds: {
    http_req_duration: ['p(95)<400', 'p(99)<500'],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

const QUESTIONS = ['Where is my order?', 'Do you deliver on Sundays?', 'How do I change my password?'];

/** One iteration: what one user does once. */
export default async function () {
  const question = QUESTIONS[Math.floor(Math.random() * QUESTIONS.length)];

  // About 100 ms: the chat service thinks.
  const chat = await http.post(`${BASE_URL}/chat`, null, { json: { message: question } });
  check(chat, {
    'chat answers': (r) => r.status === 200,
    'the answer quotes the question': (r) => r.json<string>('reply').includes(`${question}`),
  });

  // About 10 ms: a row from the database.
  const row = await http.get(`${BASE_URL}/db/query`, { query: { id: 1 + Math.floor(Math.random() * 1000) } });
  check(row, { 'the row is there': (r) => r.status === 200 });

  // Below 1 ms when the value is cached. The name groups all keys into one line of the summary.
  const key = Math.floor(Math.random() * 50);
  const cached = await http.get(`${BASE_URL}/cache/${key}`, { tags: { name: `${BASE_URL}/cache/:key` } });
  check(cached, { 'the cache answers': (r) => r.header('x-cache') !== undefined });

  // Users read what they got before they go on.
  await sleep(0.1 + Math.random() * 0.2);
}
