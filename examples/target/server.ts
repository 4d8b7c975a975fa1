import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openCache } from './cache.ts';
import { ChatModel } from './chat.ts';
import { openDatabase } from './database.ts';
import { HttpError } from './http-error.ts';
import { Metrics } from './metrics.ts';
import { PoolTimeout } from './pool.ts';
import { seededRandom } from './random.ts';
import { HANDLED, json, type Reply } from './reply.ts';
import { createRouter } from './router.ts';
import { createRoutes } from './routes.ts';
import type { Readiness, Services, Stores } from './services.ts';
import { Sessions } from './sessions.ts';
import { DEFAULT_SETTINGS, type TargetSettings } from './settings.ts';
import { attachWebSockets } from './websocket.ts';

/** What requests under way and WebSockets get to finish when the demo system stops. */
const STOP_GRACE_MS = 2000;

/** Longer than a script's pauses, so that a connection is not closed between two requests of one user. */
const KEEP_ALIVE_MS = 65_000;

export interface TargetOptions extends Partial<TargetSettings> {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface Target {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Resolves when database and cache are open; rejects with the reason when they cannot be. */
  readonly ready: Promise<void>;
  /** Lets requests under way finish, at most two seconds, then closes everything. */
  close(): Promise<void>;
}

async function openStores(settings: TargetSettings): Promise<Stores> {
  const cache = await openCache(settings);
  try {
    return { cache, database: await openDatabase(settings) };
  } catch (error) {
    await cache.close();
    throw error;
  }
}

async function closeStores(readiness: Readiness): Promise<void> {
  if (readiness.state !== 'ready') return;
  await readiness.stores.database.close();
  await readiness.stores.cache.close();
}

function refusal(error: unknown): Reply {
  if (error instanceof HttpError) return json(error.status, { error: error.message }, error.headers);
  if (error instanceof PoolTimeout) return json(503, { error: error.message }, { 'retry-after': '1' });
  return json(500, { error: (error as Error).message });
}

function write(response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed || response.headersSent) return;
  const withBody = status !== 204 && status !== 304;
  response.writeHead(status, withBody ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers);
  response.end(withBody ? body : undefined);
}

/** Answers one request; never throws and never leaves it without an answer. */
function createResponder(
  services: Services,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const match = createRouter(createRoutes(services));
  const { metrics } = services;
  return async (request, response) => {
    const started = performance.now();
    const method = request.method ?? 'GET';
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    let route = '(none)';
    metrics.requestStarted();
    response.once('close', () => {
      metrics.requestEnded(method, route, response.statusCode, (performance.now() - started) / 1000);
    });
    try {
      const found = match(method, path);
      route = found.route.pattern;
      const query = new URLSearchParams(search);
      const reply = await found.route.handle({ method, params: found.params, query, request, response });
      if (reply !== HANDLED) write(response, reply);
    } catch (error) {
      write(response, refusal(error));
    }
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, 4096, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that are busy now become idle one by one; `close` alone would wait for the client to leave them.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/**
 * Starts the demo system in this process. Resolves as soon as the port answers; `/health` says `starting` until the
 * database and the cache are open, which is when `ready` resolves. Rejects when the port cannot be had.
 */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const { port = 0, host = '127.0.0.1', ...chosen } = options;
  const settings: TargetSettings = { ...DEFAULT_SETTINGS, ...chosen };
  let readiness: Readiness = { state: 'starting' };

  const random = seededRandom(settings.seed);
  const chat = new ChatModel(random);
  const metrics = new Metrics();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  const webSockets = attachWebSockets(server, '/ws', chat);
  const respond = createResponder({
    settings,
    chat,
    sessions: new Sessions(),
    metrics,
    random,
    readiness: () => readiness,
    webSocketCount: () => webSockets.size,
  });
  server.on('request', (request, response) => void respond(request, response));
  await listen(server, port, host);

  const ready = openStores(settings).then(
    (stores) => {
      readiness = { state: 'ready', stores };
    },
    (error: unknown) => {
      readiness = { state: 'failed', reason: (error as Error).message };
      throw error;
    },
  );
  ready.catch(() => {});

  const close = async (): Promise<void> => {
    await Promise.all([closeServer(server), webSockets.close(STOP_GRACE_MS / 2)]);
    metrics.close();
    const closed = ready.then(
      () => closeStores(readiness),
      () => {},
    );
    // Stores that are still being opened are closed as soon as they are; nobody has to wait for that.
    if (readiness.state !== 'starting') await closed;
  };

  let closing: Promise<void> | undefined;
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    ready,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
