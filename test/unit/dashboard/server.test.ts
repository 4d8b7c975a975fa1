import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Hub } from '../../../runner/dashboard/hub.ts';
import { DashboardServer } from '../../../runner/dashboard/server.ts';

async function served(port = 0, json = '{}') {
  const hub = new Hub({ whole: () => ({ event: 'whole', json }) });
  let made = 0;
  const server = new DashboardServer({
    port,
    files: {
      '/': () => {
        made++;
        return { type: 'text/html', text: `<p>${'page '.repeat(1000)}</p>` };
      },
    },
    events: '/events',
    join: (stream) => hub.join(stream),
  });
  await server.listen();
  onTestFinished(() => server.close());
  return { hub, server, url: server.url, made: () => made };
}

/** One request as it stands; what came back until the connection was closed. */
function raw(url: string, text: string): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}

describe('the server of the dashboard', () => {
  it('serves its page, compressed where that is understood, and nothing to other sites', async () => {
    const { url, made } = await served();
    const response = await fetch(url);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(1000);
    expect(await response.text()).toMatch(/^<p>page page/);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
    const plain = await raw(url, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(plain).toContain('<p>page page');
    expect(made()).toBe(1);
  });

  it('listens on 127.0.0.1 only', async () => {
    const { server, url } = await served();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(server.url).toBe(url);
  });

  it.each([
    ['GET / HTTP/1.1\r\nHost: rebound.example:5665', 403],
    ['GET /events HTTP/1.1\r\nHost: rebound.example', 403],
    ['GET /events HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site', 403],
    ['POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0', 405],
    ['GET /nothing HTTP/1.1\r\nHost: localhost', 404],
    ['GET /toString HTTP/1.1\r\nHost: localhost', 404],
    ['GET /?x=1 HTTP/1.1\r\nHost: localhost', 200],
    ['HEAD / HTTP/1.1\r\nHost: localhost', 200],
  ])('%j: %i', async (head, status) => {
    const { url } = await served();
    const answer = await raw(url, `${head}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(/access-control/i);
  });

  it('streams events, and is gone after the end though browsers keep connections', async () => {
    const { hub, server, url } = await served();
    await (await fetch(url)).text();
    const stream = await fetch(`${url}events`);
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    hub.send({ event: 'change', json: '1' });
    await hub.end({ event: 'change', json: '2' });
    server.close();
    expect(await stream.text()).toMatch(/event: whole\ndata: \{\}[\s\S]*data: 1\n\n[\s\S]*data: 2\n\n$/);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('sends all of a large end before it is gone', async () => {
    const { hub, server, url } = await served();
    const stream = await fetch(`${url}events`);
    const ended = hub
      .end({ event: 'change', json: `"${'x'.repeat(20_000_000)}"` })
      .then(() => server.close());
    expect((await stream.text()).length).toBeGreaterThan(20_000_000);
    await ended;
  });

  it('is gone a moment after the end, though a browser does not read', async () => {
    const { hub, server, url } = await served(0, `"${'x'.repeat(50_000_000)}"`);
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve) => {
      socket.once('readable', resolve);
    });
    // The kernel does not take all of it.
    expect(hub.size).toBe(1);
    await hub.end({ event: 'change', json: '2' });
    server.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('says what to do where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    await expect(served(port)).rejects.toMatchObject({
      code: 'DASHBOARD_PORT',
      exitCode: 104,
      message: `the dashboard cannot be served on 127.0.0.1:${port} (--dashboard): port ${port} is taken`,
      hint: expect.stringContaining('--dashboard=0'),
    });
  });
});
