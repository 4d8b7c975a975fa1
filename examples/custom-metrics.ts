/** Metrics of your own stand beside the built-in ones: in the summary, in thresholds, with tags. */

import { Counter, defineOptions, Gauge, http, Rate, Trend } from 'brunt';

// They are declared in module code, once.
const tokens = new Counter('chat_tokens');
const replyLength = new Gauge('chat_reply_length');
const cacheHits = new Rate('cache_hits');
// The second argument says that the values are milliseconds.
const poolWait = new Trend('db_pool_wait', true);

export const options = defineOptions({
  vus: 4,
  duration: '3s',
  thresholds: {
    chat_tokens: ['count>10'],
    'chat_tokens{kind:completion}': ['count>5'],
    cache_hits: ['rate>0.3'],
    db_pool_wait: ['p(95)<100'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  const chat = await http.post(`${BASE_URL}/chat`, null, { json: { message: 'How much is this?' } });
  tokens.add(chat.json<number>('tokens.prompt'), { kind: 'prompt' });
  tokens.add(chat.json<number>('tokens.completion'), { kind: 'completion' });
  replyLength.add(chat.json<string>('reply').length);

  const row = await http.get(`${BASE_URL}/db/query`, { query: { id: 3 } });
  poolWait.add(Number(row.header('x-pool-wait')));

  // Eight keys only: after the first seconds nearly every read is a hit.
  const cached = await http.get(http.url`${BASE_URL}/cache/article-${__ITER % 8}`);
  cacheHits.add(cached.header('x-cache') === 'HIT');
}
