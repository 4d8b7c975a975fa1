/** Several drivers of one scenario, as several workers would have them, over one control block and one hand-turned clock. */

import type { ResolvedScenario } from '../../../dsl/options.ts';
import { createControlMemory, ScenarioControl } from '../../../workers/control.ts';
import { createDriver } from '../../../workers/drivers/create.ts';
import type { Driver, DriverVu } from '../../../workers/drivers/types.ts';
import { makePlan } from '../../../workers/plan/plan.ts';
import type { ScenarioPlan } from '../../../workers/plan/types.ts';
import { optionsWith } from '../plan/options.ts';
import { HandClock } from './hand-clock.ts';

export interface Start {
  readonly worker: number;
  readonly vu: number;
  readonly atMs: number;
  readonly scheduledMs: number | undefined;
  readonly readyMs: number | undefined;
  readonly iteration: number;
}

export interface RigOptions {
  readonly workers?: number;
  /** Iterations after which the script's data is used up, over all VUs. */
  readonly dataFor?: number;
  /** How long an iteration takes; Infinity: until it is interrupted; 0: it awaits nothing. */
  readonly iterationMs?: number | ((start: Start) => number);
  readonly seed?: number;
}

export class Rig {
  readonly clock = new HandClock();
  readonly control = new ScenarioControl(createControlMemory(1), 0);
  readonly plan: ScenarioPlan;
  readonly drivers: readonly Driver[];
  readonly starts: Start[] = [];
  /** VUs in the order in which they were made, by index. */
  readonly made: number[] = [];
  readonly ends: { readonly vu: number; readonly atMs: number; readonly interrupted: boolean }[] = [];
  readonly finished: (number | undefined)[] = [];
  readonly #dataFor: number;
  dropped = 0;
  /** By start: the tag `probe` that the VU had. */
  readonly probes: string[] = [];
  /** Dropped arrivals by probe. */
  readonly droppedOf = new Map<string, number>();
  retired = 0;

  constructor(scenario: ResolvedScenario, options: RigOptions = {}) {
    const { workers = 1, iterationMs = 0, seed = 1 } = options;
    this.#dataFor = options.dataFor ?? Infinity;
    this.plan = makePlan(optionsWith([scenario], { workers, seed })).scenarios[0] as ScenarioPlan;
    const { clock, control, plan } = this;
    this.drivers = Array.from({ length: workers }, (_, worker) =>
      createDriver({
        plan,
        worker,
        workers,
        clock,
        control,
        createVu: (index) => {
          this.made.push(index);
          return this.#vu(worker, index, typeof iterationMs === 'number' ? () => iterationMs : iterationMs);
        },
        dropped: (count, probe = '') => {
          this.dropped += count;
          this.droppedOf.set(probe, (this.droppedOf.get(probe) ?? 0) + count);
        },
      }),
    );
    this.drivers.forEach((driver, worker) => {
      void driver.done.then(() => {
        this.finished[worker] = clock.now();
      });
    });
  }

  start(): this {
    for (const driver of this.drivers) driver.start();
    return this;
  }

  async run(toMs: number): Promise<this> {
    await this.start().clock.advance(toMs);
    return this;
  }

  get startTimes(): number[] {
    return this.starts.map((start) => start.atMs);
  }

  get allFinished(): boolean {
    return this.drivers.every((_, worker) => this.finished[worker] !== undefined);
  }

  #vu(worker: number, index: number, iterationMs: (start: Start) => number): DriverVu {
    let interrupt: (() => void) | undefined;
    let exhausted = false;
    let probe = '';
    const vu: DriverVu = {
      ended: () => undefined,
      setTag: (key, value) => {
        if (key === 'probe') probe = value;
      },
      get exhausted() {
        return exhausted;
      },
      run: (scheduledMs, iteration, readyMs) => {
        void iterate(scheduledMs, iteration, readyMs).then(() => vu.ended());
      },
      interrupt: () => interrupt?.(),
      retire: async () => {
        if (interrupt !== undefined) throw new Error(`VU ${index} was retired while it ran`);
        this.retired++;
      },
    };
    const iterate = async (
      scheduledMs: number | undefined,
      iteration: number,
      readyMs: number | undefined,
    ): Promise<void> => {
      const { clock } = this;
      if (interrupt !== undefined) throw new Error(`VU ${index} was started twice`);
      const start = { worker, vu: index, atMs: clock.now(), scheduledMs, readyMs, iteration };
      if (this.starts.length >= this.#dataFor) {
        exhausted = true;
        return;
      }
      this.starts.push(start);
      this.probes.push(probe);
      const ms = iterationMs(start);
      let interrupted = false;
      if (ms > 0) {
        const over = new Promise<void>((resolve) => {
          interrupt = () => {
            interrupted = true;
            resolve();
          };
        });
        await (ms === Infinity ? over : Promise.race([over, clock.wait(ms)]));
        interrupt = undefined;
      }
      this.ends.push({ vu: index, atMs: clock.now(), interrupted });
    };
    return vu;
  }
}
