/** WebSockets: requests with answers, a loop over messages, many sockets of one user, and what they are measured by. */

import { check, defineOptions, group, http, ws } from 'brunt';

export const options = defineOptions({
  vus: 5,
  duration: '4s',
  thresholds: {
    // From sending a message to its answer; `name` keeps apart what is asked.
    'ws_msg_rtt{name:echo}': ['p(95)<1000'],
    'ws_msg_rtt{name:chat}': ['p(95)<2000'],
    ws_connecting: ['p(95)<3000'],
    ws_errors: ['count==0'],
    checks: ['rate==1'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

interface Answer {
  readonly type: string;
  readonly id: number;
  readonly data?: unknown;
  readonly reply?: string;
}

let lastId = 0;

export default async function () {
  // An http URL means the WebSocket at the same place.
  const socket = await ws.connect(`${BASE_URL}/ws`);

  await group('ask', async () => {
    // Answers are found by their id, so several requests may be under way at once.
    const ask = (type: string, fields: object) => {
      const id = ++lastId;
      return socket.request(
        { type, id, ...fields },
        { name: type, timeout: '5s', match: (m) => m.json<Answer>().id === id },
      );
    };
    const [echo, chat] = await Promise.all([
      ask('echo', { data: [1, 2, 3] }),
      ask('chat', { message: 'How much is this?' }),
    ]);
    check(echo.json<Answer>(), { 'echo is whole': ({ data }) => JSON.stringify(data) === '[1,2,3]' });
    check(chat.json<Answer>(), { 'chat replies': ({ reply = '' }) => reply.length > 0 });
  });

  await group('listen', async () => {
    // A second socket of the same user: what one says, the other hears.
    const other = await ws.connect(`${BASE_URL}/ws`, { name: 'listener' });
    const room = `room of ${__VU}`;
    await socket.send({ type: 'broadcast', id: 0, data: room });
    for await (const message of other) {
      const { type, data } = message.json<Answer>();
      if (type === 'broadcast' && data === room) break;
    }
    await other.close();
  });

  await socket.ping('2s');
  const { clean } = await socket.close(1000, 'done');
  check(clean, { 'closed in order': (c) => c });

  const health = await http.get(`${BASE_URL}/health`);
  check(health, { healthy: (r) => r.status === 200 });
}
