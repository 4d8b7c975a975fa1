/** Other people's HTTP clients in a whole run: shared by the VUs of a thread, measured for each. */

import { expect, onTestFinished, test } from 'vitest';
import { OURS, runScript } from '../helpers/cli.ts';
import { ROOT } from '../helpers/docs.ts';
import { httpServer } from '../helpers/servers.ts';

test('axios, fetch and instrument over two workers: requests, bytes and connections are the server’s', async () => {
  const seen = new Map<string, number>();
  const server = await httpServer((request, response) => {
    const path = request.url ?? '';
    seen.set(path, (seen.get(path) ?? 0) + 1);
    response.statusCode = path === '/missing' ? 404 : 200;
    response.end(`{"path":"${path}"}`);
  });
  onTestFinished(() => server.close());
  const run = await runScript(
    `
    import axios from '${ROOT}/node_modules/axios/index.js';
    import { check, fetch, http } from 'brunt';
    export const options = {
      vus: 4, iterations: 80, workers: 2,
      thresholds: { 'http_reqs{name:/axios}': ['count==80'], 'http_reqs{status:404}': ['count==80'], checks: ['rate==1'] },
    };
    const api = axios.create({
      baseURL: __ENV.URL,
      ...http.client({ name: ({ url }) => url.pathname }).agents(),
      validateStatus: () => true,
    });
    export default async function () {
      const { data } = await api.get('/axios?id=' + __ITER);
      const missing = await api.get('/missing');
      const viaFetch = await (await fetch(__ENV.URL + '/fetch')).json();
      const inside = await http.instrument(() => globalThis.fetch(__ENV.URL + '/sdk'));
      check(null, {
        axios: () => data.path === '/axios?id=' + __ITER && missing.status === 404,
        fetch: () => viaFetch.path === '/fetch' && inside.status === 200,
      });
    }
    `,
    ['-e', `URL=${server.url}`],
  );
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).not.toMatch(OURS);
  await server.idle();
  expect(run.value('http_reqs', 'count')).toBe(4 * 80);
  expect([...seen.values()].reduce((a, b) => a + b, 0)).toBe(4 * 80);
  expect(run.value('data_sent', 'count')).toBe(server.bytesRead);
  expect(run.value('data_received', 'count')).toBe(server.bytesWritten);
  // A connection of its agents and one of its own for each VU.
  expect(server.connections).toBe(8);
  expect(run.orphans).toBe(false);
});

test('an endless answer to axios does not keep a run from ending', async () => {
  const server = await httpServer((request, response) => {
    if (request.url === '/ok') response.end('ok');
  });
  onTestFinished(() => server.close());
  const run = await runScript(
    `
    import axios from '${ROOT}/node_modules/axios/index.js';
    import { http } from 'brunt';
    export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '500ms', gracefulStop: '200ms' } } };
    const agents = http.agents();
    export default async function () {
      await axios.get(__ENV.URL + '/ok', agents);
      await axios.get(__ENV.URL + '/never', agents);
    }
    `,
    ['-e', `URL=${server.url}`],
  );
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.value('http_reqs', 'count')).toBe(4);
  expect(run.metric('http_req_failed').values).toMatchObject({ rate: 0 });
  expect(run.orphans).toBe(false);
  await server.idle();
});
