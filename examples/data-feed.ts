/**
 * Data for many users: files are read once per process and shared by all VUs; a feed hands their rows out, so that no
 * two users get the same at once.
 */

import { check, counter, csv, defineOptions, feed, http, json } from 'brunt';

interface User {
  name: string;
  role: string;
}

interface Question {
  topic: string;
  text: string;
}

// Paths start at this script's folder.
const everyone = csv<User>('data/users.csv');

// One after the other, over all VUs; from the first again when they are used up.
const users = feed(everyone);
// Any of them, drawn at random: from the seed, so the same in every run with that seed.
const questions = feed(json<Question[]>('data/questions.json'), { order: 'random' });
// Each once; then the VUs that ask for more stop.
const invitations = feed(everyone, { order: 'unique', onEnd: 'stop' });
// Numbers that no other VU gets.
const orders = counter('orders');

export const options = defineOptions({
  scenarios: {
    ask: { executor: 'shared-iterations', vus: 3, iterations: 20 },
    invite: { executor: 'constant-vus', exec: 'invite', vus: 2, duration: '5s' },
  },
  thresholds: {
    checks: ['rate==1'],
    // There are eight users in the file.
    'iterations{scenario:invite}': ['count==8'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  const user = users.next();
  const question = questions.next();
  await http.post(`${BASE_URL}/login`, { user: user.name, password: 'demo' });
  const res = await http.post(`${BASE_URL}/chat`, null, {
    json: { message: `${question.text} (order ${orders.next()})` },
    tags: { name: 'chat' },
  });
  check(res, { 'answered by name': (r) => r.json('user') === user.name });
}

export async function invite() {
  const { name } = invitations.next();
  const res = await http.post(`${BASE_URL}/tools/execute`, null, {
    json: { tool: 'echo', args: { invite: name } },
  });
  check(res, { invited: (r) => r.json('result.invite') === name });
}
