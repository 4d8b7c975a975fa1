/**
 * Experiment 12: every socket sends one message a second and gets it back; all hear ten broadcasts. Each user has
 * SOCKETS sockets; VUS, SOCKETS and SECONDS come from the environment.
 */

import { Counter, defineOptions, sleep, ws } from 'brunt';

const VUS = Number(__ENV.VUS);
const SOCKETS = Number(__ENV.SOCKETS);
const SECONDS = Number(__ENV.SECONDS);
const BROADCASTS = 10;

export const options = defineOptions({
  scenarios: {
    sockets: { executor: 'per-vu-iterations', vus: VUS, iterations: 1, maxDuration: '120s' },
  },
});

const echoes = new Counter('echoes');
const broadcasts = new Counter('broadcasts');
const gaps = new Counter('gaps');

interface Heard {
  readonly seq?: number;
  readonly broadcast?: number;
}

async function talk(): Promise<void> {
  const socket = await ws.connect(__ENV.URL ?? '', { name: 'talk' });
  let nextSeq = 0;
  let nextBroadcast = 0;
  const listening = (async () => {
    for await (const message of socket) {
      const { seq, broadcast } = message.json<Heard>();
      if (broadcast === undefined) {
        if (seq !== nextSeq++) gaps.add(1);
        echoes.add(1);
      } else {
        if (broadcast !== nextBroadcast++) gaps.add(1);
        broadcasts.add(1);
      }
      if (nextSeq === SECONDS && nextBroadcast === BROADCASTS) break;
    }
  })();
  const startedAt = performance.now();
  for (let seq = 0; seq < SECONDS; seq++) {
    await socket.send({ seq });
    await sleep(Math.max(0, startedAt + (seq + 1) * 1000 - performance.now()) / 1000);
  }
  await listening;
  await socket.close();
}

export default async function () {
  await Promise.all(Array.from({ length: SOCKETS }, talk));
}
