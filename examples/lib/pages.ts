/** A small site of pages, as an example needs one: a login form with a token, a list, a search. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const LOGIN = (token: string): string => `<!doctype html><title>Log in</title>
<form method="post" action="/login">
  <input type="hidden" name="csrf" value="${token}">
  <label>User <input name="user"></label> <label>Password <input type="password" name="password"></label>
  <button type="submit">Log in</button>
</form>`;

const HOME = (user: string): string => `<!doctype html><title>Home</title><h1>Hello, ${user}</h1>
<nav><a href="/teas?page=1">Teas</a></nav>
<form id="search" action="/search"><input name="q"><button>Search</button></form>`;

const TEAS = `<!doctype html><title>Teas</title><ul>
<li class="tea" data-id="1">Green <span class="price">4.50</span>
<li class="tea" data-id="2">Black <span class="price">3.90</span></ul>`;

async function fieldsOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
  const cookies = new Map(
    request.headers.cookie?.split('; ').map((pair) => pair.split('=') as [string, string]),
  );
  response.setHeader('content-type', 'text/html; charset=utf-8');
  const user = cookies.get('user');
  if (pathname === '/login' && request.method === 'POST') {
    const fields = await fieldsOf(request);
    if (fields.get('csrf') !== cookies.get('csrf') || fields.get('password') !== 'demo') {
      response.writeHead(403).end('<h1>No</h1>');
      return;
    }
    response.setHeader('set-cookie', `user=${fields.get('user') ?? ''}; HttpOnly; Path=/`);
    response.writeHead(303, { location: '/' }).end();
  } else if (user === undefined) {
    const token = Math.random().toString(36).slice(2);
    response.setHeader('set-cookie', `csrf=${token}; Path=/`);
    response.end(LOGIN(token));
  } else if (pathname === '/teas') response.end(TEAS);
  else if (pathname === '/search') response.end(`<p>Nothing like <q>${searchParams.get('q') ?? ''}</q></p>`);
  else response.end(HOME(user));
}

export interface Site {
  readonly url: string;
  stop(): void;
}

/** On a free port of this machine. */
export function startSite(): Promise<Site> {
  const server: Server = createServer((request, response) => void answer(request, response));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}`,
        stop: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
