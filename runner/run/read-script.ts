/** What a script says of itself, for commands that start no load: it is evaluated once, in one thread. */

import { createSharedStorage } from '../../workers/control.ts';
import type { ScriptFacts } from '../../workers/messages.ts';
import { bundleScript } from '../bundle/bundle.ts';
import { scriptEnv } from '../config/run-flags.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import { WorkerPool } from './pool.ts';
import { type Prepared, type PrepareInput, prepare } from './prepare.ts';
import { moduleCode } from './script-step.ts';
import { Session } from './session.ts';

export interface ReadScript {
  readonly facts: ScriptFacts;
  readonly prepared: Prepared;
}

/** Rejects with a BruntError for a script or options that cannot be used. `log`: what the script and its bundle say. */
export async function readScript(
  input: PrepareInput,
  log: (level: LogLevel, text: string) => void,
): Promise<ReadScript> {
  const { script, cwd, env, flags } = input;
  const bundle = await bundleScript(script, { cwd });
  for (const warning of bundle.warnings) log('warn', warning);
  const { code, entry, scriptDir, esModules } = bundle;
  const pool = new WorkerPool();
  try {
    const session = new Session(
      pool,
      createSharedStorage(),
      {
        bundle: { code, entry, scriptDir, ...(esModules === undefined ? {} : { esModules }) },
        env: scriptEnv(env, flags),
      },
      {
        snapshot: () => undefined,
        traces: () => undefined,
        log,
        endRun: () => undefined,
        workerLost: () => undefined,
      },
    );
    const facts = await moduleCode(session.load());
    const prepared = await prepare(bundle, facts, input);
    for (const { message, hint } of prepared.config.warnings) {
      log('warn', hint === undefined ? message : `${message} ${hint}`);
    }
    return { facts, prepared };
  } finally {
    await pool.close();
  }
}
