/**
 * Answers over plain HTTP and TLS: the head and a first part 3 ms after the request's body is in, the rest 5 ms later.
 * `/new` closes the connection after it, `/kept` does not. Prints its two ports: `PLAIN TLS`.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const [keyFile, certFile] = process.argv.slice(2);

function answer(request, response) {
  request.resume().on('end', () => {
    setTimeout(() => {
      if (request.url.startsWith('/new')) response.setHeader('connection', 'close');
      response.write('x'.repeat(1000));
      setTimeout(() => response.end('y'.repeat(1000)), 5);
    }, 3);
  });
}

const servers = [
  createServer(answer),
  createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer),
];
const ports = servers.map(
  (server) =>
    new Promise((resolve) => {
      server.keepAliveTimeout = 600_000;
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    }),
);
console.log((await Promise.all(ports)).join(' '));
process.on('disconnect', () => process.exit());
