/**
 * Real servers for tests, started from the installed binaries on free ports of 127.0.0.1 and with temporary folders.
 *
 *     const redis = await startRedis(context);      // in a test: skips it, with the reason, where there is no binary
 *     … redis.url …                                 // stops with the test
 *
 * With BRUNT_REQUIRE_SERVICES=1 a missing binary fails the test instead, so that CI cannot lose it unnoticed.
 */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

/** The part of vitest's test context that services need. */
export interface ServiceTest {
  skip(note?: string): never;
  onTestFinished(fn: () => Promise<void>): void;
}

export interface Service {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface Binary {
  readonly name: string;
  readonly install: string;
  /** Folders beside PATH. */
  readonly folders: () => readonly string[];
}

function postgresFolders(): readonly string[] {
  const base = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(base, version, 'bin'));
  } catch {
    return [];
  }
}

const REDIS: Binary = { name: 'redis-server', install: 'apt-get install redis-server', folders: () => [] };
const NGINX: Binary = { name: 'nginx', install: 'apt-get install nginx', folders: () => ['/usr/sbin'] };
const INITDB: Binary = { name: 'initdb', install: 'apt-get install postgresql', folders: postgresFolders };
const POSTGRES: Binary = {
  name: 'postgres',
  install: 'apt-get install postgresql',
  folders: postgresFolders,
};
function find(binary: Binary): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...binary.folders()];
  for (const folder of folders) {
    const path = join(folder, binary.name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Path of a binary. Where there is none the test is skipped, or fails if services are required. */
export function needBinary(test: ServiceTest, binary: Binary): string {
  const path = find(binary);
  if (path !== undefined) return path;
  const reason = `${binary.name} is not installed: ${binary.install}`;
  if (process.env.BRUNT_REQUIRE_SERVICES === '1') throw new Error(reason);
  return test.skip(reason);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly folder: string;
  readonly url: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSignal: NodeJS.Signals;
  /** Whether it serves, once its port accepts connections. */
  readonly serves?: (output: string) => boolean;
}

function createStop(child: ChildProcess, launch: Launch, ended: Promise<void>): () => Promise<void> {
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  return async () => {
    process.off('exit', killAtExit);
    child.kill(launch.stopSignal);
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
    rmSync(launch.folder, { recursive: true, force: true });
  };
}

/** Starts a server and waits until it serves; it stops with the test. */
export async function startService(test: ServiceTest, launch: Launch): Promise<Service> {
  const child = spawn(launch.command, launch.args, {
    cwd: launch.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...launch.user,
  });
  let output = '';
  let over = false;
  const keep = (part: Buffer): void => {
    output = (output + part.toString()).slice(-8000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      keep(Buffer.from(error.message));
      resolve();
    });
    child.once('close', () => resolve());
  }).then(() => {
    over = true;
  });
  const stop = createStop(child, launch, ended);
  test.onTestFinished(stop);

  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (over) throw new Error(`${launch.command} ended:\n${output}`);
    if ((launch.serves?.(output) ?? true) && (await accepts(launch.port))) break;
    if (performance.now() > deadline) throw new Error(`${launch.command} did not start in time:\n${output}`);
    await delay(30);
  }
  return { url: launch.url, port: launch.port, pid: child.pid as number, stop };
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `brunt-${name}-`));
}

/** Redis without persistence. */
export async function startRedis(test: ServiceTest): Promise<Service> {
  const command = needBinary(test, REDIS);
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return startService(test, {
    command,
    args,
    port,
    folder: temporaryFolder('redis'),
    url: `redis://127.0.0.1:${port}`,
    stopSignal: 'SIGTERM',
  });
}

/** PostgreSQL refuses to run as root: an ordinary account to run it as, where this process is root. */
function ordinaryUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const number = (flag: string): number => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
      return { uid: number('-u'), gid: number('-g') };
    } catch {
      // There is no such account.
    }
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither a postgres nor a nobody account');
}

/** A new PostgreSQL cluster; user `brunt`, database `postgres`, no password. */
export async function startPostgres(test: ServiceTest): Promise<Service> {
  const initdb = needBinary(test, INITDB);
  const command = needBinary(test, POSTGRES);
  const user = ordinaryUser();
  const folder = temporaryFolder('postgres');
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await promisify(execFile)(
    initdb,
    ['-D', data, '-U', 'brunt', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: folder, ...user },
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=60',
  ];
  return startService(test, {
    command,
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    port,
    folder,
    url: `postgres://brunt@127.0.0.1:${port}/postgres`,
    user,
    stopSignal: 'SIGINT',
    serves: (output) => output.includes('ready to accept connections'),
  });
}

/** nginx, one process; `server` is the inside of its `server { }` block, such as `location / { return 200 "ok"; }`. */
export async function startNginx(test: ServiceTest, server: string): Promise<Service> {
  const command = needBinary(test, NGINX);
  const port = await freePort();
  const folder = temporaryFolder('nginx');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr;
    events { worker_connections 8192; }
    http {
      access_log off;
      keepalive_requests 100000000;
      ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n      ')}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        ${server}
      }
    }
  `;
  writeFileSync(join(folder, 'nginx.conf'), config);
  return startService(test, {
    command,
    args: ['-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    port,
    folder,
    url: `http://127.0.0.1:${port}`,
    stopSignal: 'SIGTERM',
  });
}
