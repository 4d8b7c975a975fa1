/**
 * Requests per CPU second of Brunt and of others, against the same nginx in the same minutes. After `npm run build`:
 *
 *     npm run bench -- [--rounds 5] [--seconds 10] [--only get,post,post10k,10k,batch] [--brunt PATH ...]
 *
 * nginx has core 1 to itself, every generator runs on core 0, 50 connections each. Generators take turns (A B C A B C)
 * and medians are compared, so that a busy machine disturbs all of them alike. `--brunt` names another build's
 * `bin.js`; given twice, the two are compared.
 */

import { parseArgs } from 'node:util';
import { BIN } from './lib/brunt.mjs';
import { bare, brunt, OTHERS, takeTurns } from './lib/contenders.mjs';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: 'get,post,post10k,10k,batch' },
    against: { type: 'string', default: 'autocannon,wrk,hey,request,dispatch' },
    brunt: { type: 'string', multiple: true, default: [BIN] },
  },
});
const rounds = Number(values.rounds);
const nginx = await startNginx(1);
const world = {
  url: nginx.url,
  connections: 50,
  seconds: Number(values.seconds),
  node: process.execPath,
};

function contenders(workload) {
  const all = new Map();
  for (const [i, bin] of values.brunt.entries()) {
    const name = values.brunt.length === 1 ? 'brunt' : `brunt ${String.fromCharCode(65 + i)}`;
    all.set(name, brunt(world, workload, bin));
  }
  for (const name of values.against.split(',')) {
    if (name in OTHERS) {
      if (workload === 'get') all.set(name, OTHERS[name](world));
    } else if (name === 'dispatch' || workload === 'get') {
      all.set(`undici ${name}`, bare(world, name, workload));
    }
  }
  return all;
}

try {
  for (const workload of values.only.split(',')) {
    const seen = await takeTurns(contenders(workload), rounds, world.seconds);
    const [[first, own]] = seen;
    const rows = [['', 'req per CPU s', 'req/s', 'peak MB', `${first} / this`, 'lowest..highest']];
    for (const [name, { perCpuS, perS, rssMb }] of seen) {
      rows.push([
        name,
        Math.round(median(perCpuS)),
        Math.round(median(perS)),
        Math.round(median(rssMb)),
        (median(own.perCpuS) / median(perCpuS)).toFixed(2),
        `${Math.round(Math.min(...perCpuS))}..${Math.round(Math.max(...perCpuS))}`,
      ]);
    }
    console.log(
      `\n${workload}: ${world.connections} connections, ${rounds} rounds of ${world.seconds} s, medians\n${table(rows)}`,
    );
  }
} finally {
  await nginx.stop();
}
