/**
 * A WebSocket server in a process of its own, started with `fork`: `{ seq }` comes back as it is. Once as many clients
 * as its argument says are there, it sends `{ broadcast: 0 }` to `{ broadcast: 9 }` to all of them, 200 ms apart.
 * Tells its port at once, and what it saw when it is sent anything.
 */

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const EXPECTED = Number(process.argv[2]);
const BROADCASTS = 10;
const BROADCAST_EVERY_MS = 200;

const seen = { clients: 0, most: 0, messages: 0, gaps: 0, broadcasts: 0, firstAt: 0, lastAt: 0 };
const server = createServer();
const sockets = new WebSocketServer({ server });

function broadcastAll() {
  let next = 0;
  const timer = setInterval(() => {
    const text = JSON.stringify({ broadcast: next++ });
    for (const client of sockets.clients) {
      client.send(text);
      seen.broadcasts++;
    }
    if (next === BROADCASTS) clearInterval(timer);
  }, BROADCAST_EVERY_MS);
}

sockets.on('connection', (client) => {
  seen.clients++;
  seen.most = Math.max(seen.most, sockets.clients.size);
  let next = 0;
  client.on('message', (data, isBinary) => {
    const now = performance.now();
    seen.firstAt ||= now;
    seen.lastAt = now;
    seen.messages++;
    if (JSON.parse(String(Buffer.from(data))).seq !== next++) seen.gaps++;
    client.send(data, { binary: isBinary });
  });
  client.on('error', () => {});
  if (seen.clients === EXPECTED) broadcastAll();
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send(server.address().port));
process.on('message', () => process.send({ ...seen, open: sockets.clients.size }));
process.on('disconnect', () => process.exit());
