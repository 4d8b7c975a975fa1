/**
 * The closed model: a VU starts its next iteration when the one before it ended. All closed executors are the same
 * loop over two step curves and one way to claim an iteration:
 *
 *     steps     VUs that may start iterations             a step down lets VUs finish
 *     reserved  VUs that may still be finishing one       a step down interrupts them
 *     claim     shared: from one count over all workers; per VU: from its own; for a time: without limit
 *
 * The end of the scenario and of its graceful stop are the last steps of the two curves. A VU that is wanted again
 * before it was interrupted simply goes on.
 */

import { ownCount, ownPlaces } from '../plan/stripe.ts';
import type { Load, VuStep } from '../plan/types.ts';
import { flatSteps } from '../plan/vu-steps.ts';
import { retireAll } from './retire.ts';
import type { Driver, DriverContext, DriverVu } from './types.ts';

type ClosedLoad = Exclude<Load, { kind: 'arrivals' | 'capacity' }>;

/** One VU of this worker. Places are kept in order of their index: the first n are those of n VUs. */
interface Place {
  readonly vu: DriverVu;
  /** May start iterations. */
  wanted: boolean;
  looping: boolean;
  started: number;
}

export class ClosedDriver implements Driver {
  readonly done: Promise<void>;

  readonly #context: DriverContext;
  readonly #load: ClosedLoad;
  readonly #places: readonly Place[];
  readonly #steps: readonly VuStep[];
  readonly #reserved: readonly VuStep[];
  /** Run time from which no iteration starts. */
  readonly #endMs: number;
  #nextStep = 0;
  #nextReserved = 0;
  #wantedPlaces = 0;
  #reservedPlaces = 0;
  #looping = 0;
  #advancing = false;
  /** Told to drain or interrupt. */
  #stopped = false;
  #finished = false;
  #cancelStep: () => void = () => undefined;
  #cancelGrace: () => void = () => undefined;
  #resolve: () => void = () => undefined;

  constructor(context: DriverContext, load: ClosedLoad) {
    const { plan, worker, workers, control } = context;
    this.#context = context;
    this.#load = load;
    this.#places = ownPlaces(worker, workers, plan.plannedVUs).map((index) => {
      const vu = context.createVu(index);
      const place: Place = { vu, wanted: false, looping: false, started: 0 };
      vu.ended = (nowMs) => this.#next(place, nowMs);
      return place;
    });
    control.add('allocated', this.#places.length);
    const { durationMs, gracefulStopMs, startTimeMs } = plan;
    this.#steps = load.kind === 'vus' ? load.steps : flatSteps(load.vus, durationMs);
    this.#reserved = load.kind === 'vus' ? load.reserved : flatSteps(load.vus, durationMs + gracefulStopMs);
    this.#endMs = startTimeMs + durationMs;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    if (this.#finished) return;
    if (this.#places.length === 0) this.#finish();
    else this.#armStep();
  }

  drain(): void {
    if (this.#stopped || this.#finished) return;
    this.#stop();
    const { clock, plan } = this.#context;
    // The curve of reserved VUs stays in force: draining never gives a VU more time than it had.
    this.#cancelGrace = clock.at(clock.now() + plan.gracefulStopMs, () => this.#interruptFrom(0));
    this.#finishIfOver();
  }

  interrupt(): void {
    if (this.#finished) return;
    this.#stop();
    this.#interruptFrom(0);
    this.#finishIfOver();
  }

  #stop(): void {
    this.#stopped = true;
    this.#want(0);
    this.#nextStep = this.#steps.length;
  }

  /** Applies every step whose time has come; a late timer applies several. */
  readonly #advance = (): void => {
    const { clock, plan, worker, workers } = this.#context;
    const ms = clock.now() - plan.startTimeMs;
    this.#advancing = true;
    for (let step = this.#steps[this.#nextStep]; step !== undefined && step.atMs <= ms; ) {
      this.#want(ownCount(worker, workers, step.vus));
      step = this.#steps[++this.#nextStep];
    }
    for (let step = this.#reserved[this.#nextReserved]; step !== undefined && step.atMs <= ms; ) {
      this.#reserve(ownCount(worker, workers, step.vus));
      step = this.#reserved[++this.#nextReserved];
    }
    this.#advancing = false;
    this.#armStep();
    this.#finishIfOver();
  };

  #armStep(): void {
    const nextMs = Math.min(
      this.#steps[this.#nextStep]?.atMs ?? Infinity,
      this.#reserved[this.#nextReserved]?.atMs ?? Infinity,
    );
    if (nextMs === Infinity || this.#finished) return;
    this.#cancelStep = this.#context.clock.at(this.#context.plan.startTimeMs + nextMs, this.#advance);
  }

  #want(count: number): void {
    for (let at = this.#wantedPlaces; at > count; at--) (this.#places[at - 1] as Place).wanted = false;
    for (let at = this.#wantedPlaces; at < count; at++) {
      const place = this.#places[at] as Place;
      place.wanted = true;
      if (!place.looping && place.vu.exhausted !== true) this.#loop(place);
    }
    this.#wantedPlaces = count;
  }

  #reserve(count: number): void {
    if (count < this.#reservedPlaces) this.#interruptFrom(count);
    this.#reservedPlaces = count;
  }

  #interruptFrom(count: number): void {
    for (const place of this.#places.slice(count)) {
      if (place.looping && !place.wanted) place.vu.interrupt();
    }
  }

  #loop(place: Place): void {
    place.looping = true;
    this.#looping++;
    this.#context.control.add('active', 1);
    this.#next(place);
  }

  /** Starts a VU's next iteration, at whose end it is called again; or ends the loop. */
  #next(place: Place, nowMs = this.#context.clock.now()): void {
    const { clock } = this.#context;
    const { vu } = place;
    // The timer of the last step may be late.
    if (!place.wanted || vu.exhausted === true || nowMs >= this.#endMs) {
      this.#endLoop(place);
      return;
    }
    const turn = clock.turn(nowMs);
    if (turn !== undefined) {
      void turn.then(() => this.#next(place));
      return;
    }
    const iteration = this.#claim(place);
    if (iteration === undefined) this.#endLoop(place);
    else vu.run(undefined, iteration, undefined, nowMs);
  }

  #endLoop(place: Place): void {
    place.looping = false;
    this.#looping--;
    this.#context.control.add('active', -1);
    this.#finishIfOver();
  }

  /** Number of the iteration within the scenario; undefined when there is none left. */
  #claim(place: Place): number | undefined {
    const { control } = this.#context;
    const load = this.#load;
    if (load.kind === 'iterations' && load.mode === 'shared') {
      const iteration = control.add('next', 1);
      if (iteration >= load.iterations) return undefined;
      control.add('started', 1);
      return iteration;
    }
    if (load.kind === 'iterations' && place.started >= load.iterations) return undefined;
    place.started++;
    return control.add('started', 1);
  }

  /** Iterations are over when the loops are; a time is over when its last step is, however idle the VUs are before. */
  #finishIfOver(): void {
    if (this.#finished || this.#advancing || this.#looping > 0) return;
    const begun = this.#nextStep > 0;
    const over = this.#load.kind === 'iterations' ? begun : this.#nextStep === this.#steps.length;
    const exhausted = begun && this.#places.every(({ vu }) => vu.exhausted === true);
    if (over || exhausted || this.#stopped) this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    this.#cancelStep();
    this.#cancelGrace();
    // What a stop of the run or the end of the script's data cut off was not dropped: only time can run out on it.
    const late = this.#context.clock.now() >= this.#endMs;
    if (late && !this.#stopped && this.#load.kind === 'iterations') this.#dropUnstarted(this.#load);
    this.#context.control.add('finishedWorkers', 1);
    void retireAll(this.#places.map(({ vu }) => vu)).then(this.#resolve);
  }

  /** Iterations that `maxDuration` left no time for count as dropped, as in k6. */
  #dropUnstarted({ mode, iterations }: ClosedLoad & { kind: 'iterations' }): void {
    const { control } = this.#context;
    let unstarted = 0;
    if (mode === 'per-vu') {
      for (const place of this.#places) unstarted += iterations - place.started;
    } else {
      // The first worker that gets here takes all that is left.
      for (let next = control.get('next'); next < iterations; next = control.get('next')) {
        if (control.claim(next, iterations - next)) unstarted = iterations - next;
      }
    }
    if (unstarted === 0) return;
    control.add('dropped', unstarted);
    this.#context.dropped(unstarted);
  }
}
