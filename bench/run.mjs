/**
 * Requests per CPU second of Brunt and of others, against the same nginx in the same minutes. After `npm run build`:
 *
 *     npm run bench -- [--rounds 5] [--seconds 6] [--only get,post,10k,batch] [--brunt PATH ...]
 *
 * nginx has core 1 to itself, every generator runs on core 0, 50 connections each. Generators take turns (A B C A B C)
 * and medians are compared, so that a busy machine disturbs all of them alike. `--brunt` names another build's
 * `bin.js`; given twice, the two are compared.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    only: { type: 'string', default: 'get,post,10k,batch' },
    against: { type: 'string', default: 'autocannon,wrk,hey,request,dispatch' },
    brunt: { type: 'string', multiple: true, default: [here('../dist/runner/bin.js')] },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const CONNECTIONS = 50;
const against = values.against.split(',');
const autocannon = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
const loops = here('loops/undici.mjs');
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
const nginx = await startNginx(1);

function brunt(bin, script) {
  const summary = join(folder, 'summary.json');
  return {
    command: [
      process.execPath,
      bin,
      'run',
      here(`scripts/${script}.ts`),
      '-q',
      '--workers',
      '1',
      '-u',
      String(CONNECTIONS),
      '-d',
      `${SECONDS}s`,
      '-e',
      `BASE_URL=${nginx.url}`,
      '--summary-export',
      summary,
    ],
    async requests({ code, stderr }) {
      if (code !== 0) throw new Error(`brunt run ended with exit code ${code}:\n${stderr}`);
      const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
      return metrics.http_reqs.values.count;
    },
  };
}

function bare(api, workload) {
  const command = [process.execPath, loops, api, workload, nginx.url, String(CONNECTIONS), String(SECONDS)];
  return { command, requests: ({ stdout }) => JSON.parse(stdout).requests };
}

const others = {
  autocannon: {
    command: [
      process.execPath,
      autocannon,
      '-c',
      String(CONNECTIONS),
      '-d',
      String(SECONDS),
      '--json',
      `${nginx.url}/json`,
    ],
    requests: ({ stdout }) => JSON.parse(stdout)['2xx'],
  },
  wrk: {
    command: ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, `${nginx.url}/json`],
    requests: ({ stdout }) => Number(/(\d+) requests in/.exec(stdout)[1]),
  },
  hey: {
    command: ['hey', '-c', String(CONNECTIONS), '-z', `${SECONDS}s`, `${nginx.url}/json`],
    requests: ({ stdout }) => Number(/\[200\]\s+(\d+) responses/.exec(stdout)[1]),
  },
};

function contenders(workload) {
  const all = new Map();
  for (const [i, bin] of values.brunt.entries()) {
    all.set(
      values.brunt.length === 1 ? 'brunt' : `brunt ${String.fromCharCode(65 + i)}`,
      brunt(bin, workload),
    );
  }
  for (const name of against) {
    if (name in others) {
      if (workload === 'get') all.set(name, others[name]);
    } else if (name === 'dispatch' || workload === 'get') all.set(`undici ${name}`, bare(name, workload));
  }
  return all;
}

try {
  for (const workload of values.only.split(',')) {
    const all = contenders(workload);
    const seen = new Map([...all.keys()].map((name) => [name, { perCpuS: [], perS: [], rssMb: [] }]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, { command, requests }] of all) {
        const cost = await measure(command, { core: 0, limitS: SECONDS * 3 + 30 });
        const count = await requests(cost);
        const { perCpuS, perS, rssMb } = seen.get(name);
        perCpuS.push(count / cost.cpuS);
        perS.push(count / SECONDS);
        rssMb.push(cost.maxRssMb);
      }
    }
    const own = median(seen.values().next().value.perCpuS);
    const rows = [
      ['', 'req per CPU s', 'req/s', 'peak MB', `${seen.keys().next().value} / this`, 'lowest..highest'],
    ];
    for (const [name, { perCpuS, perS, rssMb }] of seen) {
      const rate = median(perCpuS);
      rows.push([
        name,
        Math.round(rate),
        Math.round(median(perS)),
        Math.round(median(rssMb)),
        (own / rate).toFixed(2),
        `${Math.round(Math.min(...perCpuS))}..${Math.round(Math.max(...perCpuS))}`,
      ]);
    }
    console.log(
      `\n${workload}: ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s, medians\n${table(rows)}`,
    );
  }
} finally {
  await nginx.stop();
  await rm(folder, { recursive: true, force: true });
}
