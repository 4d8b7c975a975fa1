import { setTimeout as delay } from 'node:timers/promises';
import { readFields, requireText, wholeNumber } from './body.ts';
import { MESSAGE_COUNT } from './database.ts';
import { faultRoutes } from './faults.ts';
import { HttpError } from './http-error.ts';
import { empty, json, text } from './reply.ts';
import type { Route } from './router.ts';
import { type Services, storesOf } from './services.ts';
import { DEMO_PASSWORD, sessionCookie } from './sessions.ts';
import { shopRoutes } from './shop.ts';

const TOOL_MS = 50;

const MESSAGE_SQL = 'select id, author, body from brunt_demo.messages where id = $1';

type Tool = (args: Readonly<Record<string, unknown>>) => unknown;

const TOOLS: Readonly<Record<string, Tool>> = {
  clock: () => new Date().toISOString(),
  echo: (args) => args,
  sum: ({ numbers }) => {
    if (!Array.isArray(numbers) || numbers.some((n) => typeof n !== 'number')) {
      throw new HttpError(400, "the tool 'sum' needs args.numbers, a list of numbers");
    }
    return (numbers as number[]).reduce((sum, n) => sum + n, 0);
  },
};

/** Which row stands behind a cache key: any text leads to one (FNV-1a). */
function messageIdFor(key: string): number {
  let hash = 0x811c9dc5;
  for (const letter of key) hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01000193);
  return 1 + ((hash >>> 0) % MESSAGE_COUNT);
}

function milliseconds(ms: number): string {
  return ms.toFixed(3);
}

function chatRoutes(services: Services): readonly Route[] {
  const { chat, sessions } = services;
  return [
    {
      method: 'POST',
      pattern: '/chat',
      says: '{message} -> {id, reply, tokens}, in about 100 ms',
      async handle({ request }) {
        const message = requireText(await readFields(request), 'message');
        const user = sessions.userOf(request.headers);
        const answer = await chat.answer(message);
        return json(200, user === undefined ? answer : { ...answer, user });
      },
    },
    {
      method: 'POST',
      pattern: '/tools/execute',
      says: `{tool, args} -> {tool, result}, in 50 ms; tools: ${Object.keys(TOOLS).join(', ')}`,
      async handle({ request }) {
        const fields = await readFields(request);
        const name = requireText(fields, 'tool');
        const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
        if (tool === undefined) {
          throw new HttpError(400, `there is no tool '${name}'; there are ${Object.keys(TOOLS).join(', ')}`);
        }
        const args = fields.args ?? {};
        if (typeof args !== 'object' || Array.isArray(args))
          throw new HttpError(400, "'args' must be an object");
        const result = tool(args as Record<string, unknown>);
        await delay(TOOL_MS);
        return json(200, { tool: name, result });
      },
    },
  ];
}

function sessionRoutes({ sessions }: Services): readonly Route[] {
  return [
    {
      method: 'POST',
      pattern: '/login',
      says: `{user, password} -> a session cookie and {user, token}; the password is '${DEMO_PASSWORD}'`,
      async handle({ request }) {
        const fields = await readFields(request);
        const user = requireText(fields, 'user');
        if (requireText(fields, 'password') !== DEMO_PASSWORD) throw new HttpError(401, 'wrong password');
        const token = sessions.open(user);
        return json(200, { user, token }, { 'set-cookie': sessionCookie(token) });
      },
    },
    {
      method: 'GET',
      pattern: '/me',
      says: 'who is logged in (cookie or `Authorization: Bearer`); 401 for nobody',
      handle({ request }) {
        const user = sessions.userOf(request.headers);
        if (user === undefined) throw new HttpError(401, 'not logged in', { 'www-authenticate': 'Bearer' });
        return json(200, { user });
      },
    },
    {
      method: 'POST',
      pattern: '/logout',
      says: 'ends the session',
      handle({ request }) {
        sessions.close(request.headers);
        return empty(204, { 'set-cookie': sessionCookie(undefined) });
      },
    },
  ];
}

function dataRoutes(services: Services): readonly Route[] {
  const { settings, metrics } = services;

  const readMessage = async (id: number): Promise<{ readonly row: unknown; readonly waitMs: number }> => {
    const { rows, waitMs } = await storesOf(services).database.query(MESSAGE_SQL, [id], settings.queryMs);
    return { row: rows[0], waitMs };
  };

  return [
    {
      method: 'GET',
      pattern: '/db/query',
      says: `?id=1..${MESSAGE_COUNT} reads a row in ${settings.queryMs} ms over a pool of ${settings.poolSize}; X-Pool-Wait: ms`,
      async handle({ query }) {
        const id = wholeNumber(query.get('id'), 'id', { min: 1, max: MESSAGE_COUNT, fallback: 1 });
        const { row, waitMs } = await readMessage(id);
        return json(200, row, { 'x-pool-wait': milliseconds(waitMs) });
      },
    },
    {
      method: 'GET',
      pattern: '/cache/:key',
      says: 'a cached value; X-Cache: HIT or MISS (a miss reads the database)',
      async handle({ params }) {
        const key = params.key as string;
        const { cache } = storesOf(services);
        const found = await cache.get(key);
        metrics.cacheRead(found !== undefined);
        if (found !== undefined) return json(200, { key, value: JSON.parse(found) }, { 'x-cache': 'HIT' });
        const { row, waitMs } = await readMessage(messageIdFor(key));
        await cache.set(key, JSON.stringify(row));
        return json(200, { key, value: row }, { 'x-cache': 'MISS', 'x-pool-wait': milliseconds(waitMs) });
      },
    },
    {
      method: 'DELETE',
      pattern: '/cache',
      says: 'empties the cache',
      async handle() {
        await storesOf(services).cache.clear();
        return empty(204);
      },
    },
  ];
}

function watchRoutes(services: Services, page: () => string): readonly Route[] {
  return [
    { method: 'GET', pattern: '/', says: 'this page', handle: () => text(200, page()) },
    {
      method: 'GET',
      pattern: '/health',
      says: '{status}: ok, or with 503 starting or failed',
      handle() {
        const readiness = services.readiness();
        if (readiness.state === 'starting') return json(503, { status: 'starting' }, { 'retry-after': '1' });
        if (readiness.state === 'failed') return json(503, { status: 'failed', reason: readiness.reason });
        const { database, cache } = readiness.stores;
        return json(200, { status: 'ok', database: database.kind, cache: cache.kind });
      },
    },
    {
      method: 'GET',
      pattern: '/metrics',
      says: 'requests, pool, cache, memory and event loop, in the text format of Prometheus',
      handle: () => text(200, renderMetrics(services), 'text/plain; version=0.0.4; charset=utf-8'),
    },
  ];
}

function renderMetrics(services: Services): string {
  const readiness = services.readiness();
  const stores = readiness.state === 'ready' ? readiness.stores : undefined;
  return services.metrics.render({
    pool: stores?.database.use(),
    cacheEntries: stores?.cache.entries(),
    sessions: services.sessions.size,
    webSockets: services.webSocketCount(),
    tokens: services.chat.tokens,
  });
}

function renderPage(routes: readonly Route[]): string {
  const width = Math.max(...routes.map((route) => route.pattern.length));
  const lines = routes.map(
    (route) => `  ${route.method.padEnd(6)} ${route.pattern.padEnd(width)}  ${route.says}`,
  );
  return [
    "Brunt's demo system: a small chat gateway to try load tests on.",
    '',
    ...lines,
    `  ${'WS'.padEnd(6)} ${'/ws'.padEnd(width)}  {type: echo | ping | chat | broadcast, id, …}; other text is echoed`,
    '',
  ].join('\n');
}

/** Every route of the demo system. */
export function createRoutes(services: Services): readonly Route[] {
  const routes: Route[] = [];
  routes.push(
    ...chatRoutes(services),
    ...sessionRoutes(services),
    ...dataRoutes(services),
    ...shopRoutes(services),
    ...faultRoutes(services.random),
    ...watchRoutes(services, () => renderPage(routes)),
  );
  return routes;
}
