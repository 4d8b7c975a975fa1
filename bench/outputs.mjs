/**
 * What outputs cost: the scripted GET of `run.mjs` without an output and with each kind. After `npm run build`:
 *
 *     node bench/outputs.mjs [--rounds 3] [--seconds 6] [--only none,json,csv]
 *
 * nginx has core 1 to itself, Brunt (one worker, the main thread, compression) runs on core 0; so what is made of a
 * sample takes its time from the load. Kinds take turns and medians are compared: requests per CPU second, as a ratio to
 * those without an output, and the samples that were left out.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runBrunt } from './lib/brunt.mjs';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    vus: { type: 'string', default: '50' },
    only: { type: 'string', default: 'none,save,hdr,batch,json,json.gz,csv,samples' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'brunt-outputs-'));
const file = (name) => join(folder, name);
await writeFile(file('batch.mjs'), 'export default { batch() {} };\n');
await writeFile(file('samples.mjs'), 'export default { samples() {} };\n');
const KINDS = {
  none: [],
  save: ['--save', file('run.brunt')],
  hdr: ['-o', `hdr=${file('run.hlog')}`],
  batch: ['-o', file('batch.mjs')],
  json: ['-o', `json=${file('points.json')}`],
  'json.gz': ['-o', `json=${file('points.json.gz')}`],
  csv: ['-o', `csv=${file('points.csv')}`],
  samples: ['-o', file('samples.mjs')],
};
const kinds = values.only.split(',');
const nginx = await startNginx(1);

async function run(kind) {
  const { summary, cpuS } = await runBrunt('get', {
    workers: 1,
    vus: Number(values.vus),
    seconds: Number(values.seconds),
    url: nginx.url,
    flags: KINDS[kind],
    core: 0,
  });
  const { metrics, outputs, run: facts } = summary;
  const { written = 0, lost = 0 } = outputs?.[0]?.samples ?? {};
  const requests = metrics.http_reqs.values.count;
  return {
    perCpuSecond: requests / cpuS,
    perSecond: requests / (facts.durationMs / 1000),
    samples: (written + lost) / (facts.durationMs / 1000),
    lost: lost / Math.max(1, written + lost),
  };
}

const seen = new Map(kinds.map((kind) => [kind, []]));
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of kinds) seen.get(kind).push(await run(kind));
  }
} finally {
  await nginx.stop();
  await rm(folder, { recursive: true, force: true });
}

const of = (kind, what) => median(seen.get(kind).map((one) => one[what]));
const base = of(kinds[0], 'perCpuSecond');
console.log(
  table([
    ['output', 'requests/s', 'per CPU s', `to ${kinds[0]}`, 'samples/s', 'left out'],
    ...kinds.map((kind) => [
      kind,
      of(kind, 'perSecond').toFixed(0),
      of(kind, 'perCpuSecond').toFixed(0),
      (of(kind, 'perCpuSecond') / base).toFixed(2),
      of(kind, 'samples').toFixed(0),
      `${(of(kind, 'lost') * 100).toFixed(1)} %`,
    ]),
  ]),
);
