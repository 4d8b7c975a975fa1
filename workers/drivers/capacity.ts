/**
 * A capacity scenario in one worker: probes, one after the other, on the same VUs. Which rate comes next is the main
 * thread's to decide; here each probe is a run of the open model of its own.
 *
 *     main      probe 1              cut 1?   probe 2                       end
 *     worker    |-warm-up-|-window-|~~drain~~|          |-warm-up-|-window-|   retire VUs
 *     tag       |   none  |  probe=1         |          |   none  | probe=2
 *
 * An iteration belongs to the part of the probe in which its arrival was scheduled, however late it starts or ends. So
 * the window's arrivals are judged whole, also those that end long after it.
 */

import { probeCurve } from '../plan/probe.ts';
import { ownPlaces } from '../plan/stripe.ts';
import type { Load, Probe } from '../plan/types.ts';
import { OpenDriver } from './open.ts';
import { retireAll } from './retire.ts';
import type { Driver, DriverContext, DriverVu } from './types.ts';

type CapacityLoad = Extract<Load, { kind: 'capacity' }>;

/** The tag of what a probe measures. */
const TAG = 'probe';

/** What became of a probe in one worker. */
export interface ProbeEnd {
  /** The script's data was used up. */
  readonly exhausted: boolean;
}

export class CapacityDriver implements Driver {
  readonly done: Promise<void>;

  readonly #context: DriverContext;
  readonly #load: CapacityLoad;
  /** By place, in the order in which they were made. */
  readonly #vus = new Map<number, ProbedVu>();
  #current: { readonly probe: Probe; readonly driver: OpenDriver } | undefined;
  #ended = false;
  #retired = false;
  #resolve: () => void = () => undefined;

  constructor(context: DriverContext, load: CapacityLoad) {
    const { plan, worker, workers, control } = context;
    this.#context = context;
    this.#load = load;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const own = ownPlaces(worker, workers, plan.plannedVUs);
    control.add('allocated', own.length);
    for (const index of own) this.#vuFor(index);
  }

  /** Nothing starts before the first probe. */
  start(): void {}

  /** Runs a probe; resolves when nothing of it runs or waits any more. */
  async probe(probe: Probe): Promise<ProbeEnd> {
    if (this.#ended) return { exhausted: false };
    const context = this.#context;
    const windowMs = probe.startMs + probe.warmUpMs;
    const { control } = context;
    const tagAt = (scheduledMs: number): string => (scheduledMs >= windowMs ? String(probe.number) : '');
    for (const vu of this.#vus.values()) vu.tagAt = tagAt;
    const driver = new OpenDriver(
      {
        ...context,
        plan: { ...context.plan, startTimeMs: probe.startMs, durationMs: probe.warmUpMs + probe.windowMs },
        control: control.after(probe.firstArrival),
        places: [...this.#vus.keys()],
        createVu: (index) => {
          const vu = this.#vuFor(index);
          vu.tagAt = tagAt;
          return vu;
        },
        dropped: (count) => context.dropped(count, tagAt(context.clock.now())),
      },
      { kind: 'arrivals', curve: probeCurve(probe), whenBusy: this.#load.whenBusy },
    );
    this.#current = { probe, driver };
    driver.start();
    await driver.done;
    this.#current = undefined;
    if (this.#ended) this.#retire();
    return { exhausted: [...this.#vus.values()].some((vu) => vu.exhausted) };
  }

  /** Starts nothing more of the probe with this number; what waits for a VU is dropped. */
  cut(number: number): void {
    if (this.#current?.probe.number === number) this.#current.driver.drain();
  }

  /** No more probes. */
  end(): void {
    this.#ended = true;
    if (this.#current === undefined) this.#retire();
  }

  drain(): void {
    this.end();
    this.#current?.driver.drain();
  }

  interrupt(): void {
    this.end();
    this.#current?.driver.interrupt();
  }

  #vuFor(index: number): ProbedVu {
    let vu = this.#vus.get(index);
    if (vu === undefined) {
      vu = new ProbedVu(this.#context.createVu(index));
      this.#vus.set(index, vu);
    }
    return vu;
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#context.control.add('finishedWorkers', 1);
    const vus = [...this.#vus.values()].map((vu) => ({ retire: () => vu.retireForGood() }));
    void retireAll(vus).then(this.#resolve);
  }
}

/** A VU that outlives the probes and tags each iteration with the one that it belongs to. */
class ProbedVu implements DriverVu {
  tagAt: (scheduledMs: number) => string = () => '';
  readonly #vu: DriverVu;

  constructor(vu: DriverVu) {
    this.#vu = vu;
  }

  get ended(): DriverVu['ended'] {
    return this.#vu.ended;
  }

  set ended(call: DriverVu['ended']) {
    this.#vu.ended = call;
  }

  get exhausted(): boolean {
    return this.#vu.exhausted === true;
  }

  run(scheduledMs: number | undefined, iterationInScenario: number, readyMs?: number): void {
    if (scheduledMs !== undefined) this.#vu.setTag?.(TAG, this.tagAt(scheduledMs));
    this.#vu.run(scheduledMs, iterationInScenario, readyMs);
  }

  interrupt(): void {
    this.#vu.interrupt();
  }

  /** Between probes a VU only rests. */
  async retire(): Promise<void> {}

  retireForGood(): Promise<void> {
    return this.#vu.retire();
  }
}
