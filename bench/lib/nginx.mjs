/**
 * The server that benchmarks run against: one nginx worker on a core of its own, so that what is measured is the
 * generator. `GET /json` answers about 100 bytes, `GET /10k` 10 KB of JSON, `POST /post` reads a body and answers 201,
 * `POST /post10k` the same with the 10 KB.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SMALL = JSON.stringify({
  id: 7,
  name: 'a small product',
  price: 12.5,
  stock: 3,
  tags: ['one', 'two', 'three'],
});
/** 128 items of 80 bytes. */
const LARGE = JSON.stringify(
  Array.from({ length: 128 }, (_, i) => ({
    id: 100_000 + i,
    name: 'an item of a longer list',
    note: 'x'.repeat(21),
  })),
);

function configFor(port, folder) {
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 30000;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 25000; }
http {
  access_log off;
  default_type application/json;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  open_file_cache max=16;
  sendfile on;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} backlog=16384;
    location = /json { return 200 '${SMALL}'; }
    location = /10k { alias ${folder}/10k.json; }
    location = /post { return 201 '${SMALL}'; }
    # A file takes no POST; the refusal is answered with the file.
    location = /post10k { alias ${folder}/10k.json; error_page 405 =201 /10k; }
  }
}
`;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts nginx on the given core, or cores (`0,1`); resolves when it answers. */
export async function startNginx(core) {
  const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
  const port = await freePort();
  await writeFile(join(folder, '10k.json'), LARGE);
  await writeFile(join(folder, 'nginx.conf'), configFor(port, folder));
  const child = spawn(
    'taskset',
    ['-c', String(core), 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const up = await fetch(`${url}/json`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) break;
    if (attempt === 50 || child.exitCode !== null) throw new Error('nginx did not start');
    await sleep(50);
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
