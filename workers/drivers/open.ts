/**
 * The open model: iterations start when their arrival is due, however busy the VUs are. Every worker knows the whole
 * schedule; arrivals are claimed one by one, in order, by any worker that can serve them:
 *
 *     the next arrival is not due yet                       wait for it
 *     due, another worker is better placed                  leave it to that one for a moment
 *     due, this worker has a free VU                        claim, start
 *     due, none free, fewer than maxVUs exist               make one, claim, start
 *     due, none free anywhere, maxVUs exist       drop      claim, count as dropped
 *                                                 queue     leave it; the next VU to become free claims it
 *
 * So a late timer starts all that is due (a small burst, nothing is lost), and started + dropped is exactly the
 * number of due arrivals, over all workers: each is claimed once.
 *
 *     start ......................... end ............... end + gracefulStop
 *     arrivals                        |  no new arrivals   |
 *     iterations run, queued ones start ................. |  interrupted; unclaimed ones are dropped
 */

import { type Placed, Roster } from '../../dsl/roster.ts';
import { type ArrivalSchedule, arrivalSchedule } from '../plan/arrivals.ts';
import { ownPlaces } from '../plan/stripe.ts';
import type { Load } from '../plan/types.ts';
import { Fifo } from './fifo.ts';
import { retireAll } from './retire.ts';
import type { Driver, DriverContext, DriverVu } from './types.ts';

type OpenLoad = Extract<Load, { kind: 'arrivals' }>;

/** How soon an arrival that was left to another worker is looked at again: the resolution of a timer. */
const RECHECK_MS = 1;
/** How long a worker with few free VUs leaves an arrival to those with more. They wake at the same instant. */
const YIELD_MS = 1;
/** How long a worker without a free VU leaves an arrival to those that have one before it makes a VU of its own. */
const GROW_MS = 5;
/** The same before it drops the arrival: a worker that claims nothing for so long is stuck in a script. */
const STUCK_MS = 50;
/** How often a worker that never got a VU looks whether the others are through with the queue. */
const IDLE_POLL_MS = 50;

interface Place extends Placed {
  readonly vu: DriverVu;
  /** When its last iteration ended; kept for queues, whose arrivals may have waited for it. */
  freeSinceMs: number;
}

export class OpenDriver implements Driver {
  readonly done: Promise<void>;

  readonly #context: DriverContext;
  readonly #load: OpenLoad;
  readonly #schedule: ArrivalSchedule;
  readonly #startMs: number;
  readonly #endMs: number;
  /** When running iterations are interrupted; draining brings it forward. */
  #cutMs: number;
  readonly #places: Place[] = [];
  readonly #idle = new Fifo<Place>();
  readonly #busy = new Roster<Place>();
  /** The schedule has no unclaimed arrival left. */
  #exhausted = false;
  /** The regular time is over. */
  #ended = false;
  /** Nothing starts any more. */
  #stopped = false;
  #finished = false;
  #awaitingTurn = false;
  #wakeMs: number | undefined;
  #cancelWake: () => void = () => undefined;
  #cancelEnd: () => void = () => undefined;
  #cancelCut: () => void = () => undefined;
  #resolve: () => void = () => undefined;

  /** What `next` was when this worker last saw it move, and since when it waits for others to move it. */
  #seenNext = 0;
  #waitingSinceMs: number | undefined;
  #othersStuck = false;

  constructor(context: DriverContext, load: OpenLoad) {
    const { plan, worker, workers } = context;
    this.#context = context;
    this.#load = load;
    this.#schedule = arrivalSchedule(load.curve);
    this.#startMs = plan.startTimeMs;
    this.#endMs = plan.startTimeMs + plan.durationMs;
    this.#cutMs = this.#endMs + plan.gracefulStopMs;
    const own = context.places ?? ownPlaces(worker, workers, plan.plannedVUs);
    if (context.places === undefined) context.control.add('allocated', own.length);
    for (const index of own) this.#addPlace(index);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    if (this.#finished) return;
    const { clock } = this.#context;
    this.#wakeAt(this.#startMs);
    this.#cancelEnd = clock.at(this.#endMs, () => {
      this.#ended = true;
      this.#pump();
      this.#finishIfOver();
    });
    this.#cancelCut = clock.at(this.#cutMs, () => {
      // Stopped already only by the end of the script's data, which leaves nothing that waits for a VU.
      if (!this.#stopped) this.#dropUnclaimed(this.#cutMs);
      this.#stop();
      this.#interruptBusy();
    });
  }

  drain(): void {
    if (this.#finished) return;
    const { clock, plan } = this.#context;
    const nowMs = clock.now();
    if (!this.#stopped) {
      this.#stop();
      this.#dropQueued(nowMs);
    }
    this.#cutMs = Math.min(this.#cutMs, nowMs + plan.gracefulStopMs);
    this.#cancelCut();
    this.#cancelCut = clock.at(this.#cutMs, () => this.#interruptBusy());
    this.#finishIfOver();
  }

  interrupt(): void {
    if (this.#finished) return;
    if (!this.#stopped) {
      this.#stop();
      this.#dropQueued(this.#context.clock.now());
    }
    this.#interruptBusy();
  }

  #stop(): void {
    this.#stopped = true;
    this.#cancelWake();
    this.#cancelEnd();
  }

  #interruptBusy(): void {
    for (const { vu } of this.#busy.all()) vu.interrupt();
    this.#finishIfOver();
  }

  /** Serves every arrival that is due, then sets the timer for the next. Called whenever something has changed. */
  readonly #pump = (): void => {
    const { clock, control, plan } = this.#context;
    while (!this.#stopped) {
      const next = control.get('next');
      const offsetMs = this.#schedule.arrivalAt(next);
      if (offsetMs === undefined) {
        this.#exhausted = true;
        this.#finishIfOver();
        return;
      }
      const dueMs = this.#startMs + offsetMs;
      const nowMs = clock.now();
      if (nowMs >= this.#cutMs) return;
      if (dueMs > nowMs) {
        this.#wakeAt(dueMs);
        return;
      }
      const turn = clock.turn(nowMs);
      if (turn !== undefined) {
        this.#pumpAfter(turn);
        return;
      }
      if (this.#leaveToOthers(next, dueMs, nowMs)) {
        this.#wakeAt(nowMs + RECHECK_MS);
        return;
      }
      if (this.#idle.length > 0) {
        if (this.#claim(next)) this.#run(this.#idle.shift() as Place, dueMs);
        continue;
      }
      const index = control.addBelow('allocated', plan.maxVUs);
      if (index >= 0) {
        this.#addPlace(index);
      } else if (this.#load.whenBusy === 'queue') {
        if (this.#places.length === 0) this.#wakeAt(nowMs + IDLE_POLL_MS);
        return;
      } else if (this.#claim(next)) {
        this.#drop(1);
      }
    }
  };

  #pumpAfter(turn: Promise<void>): void {
    if (this.#awaitingTurn) return;
    this.#awaitingTurn = true;
    void turn.then(() => {
      this.#awaitingTurn = false;
      this.#pump();
    });
  }

  /**
   * Whether another worker should have this due arrival. With free VUs here, those with more than the average go
   * first, so that load spreads; without one here, those that have one.
   */
  #leaveToOthers(next: number, dueMs: number, nowMs: number): boolean {
    const { control, plan, workers } = this.#context;
    if (workers === 1) return false;
    const own = this.#idle.length;
    const free = control.get('free');
    if (own > 0) {
      // In a burst all workers are busy claiming; yielding would only delay it.
      return this.#load.curve.kind === 'rate' && own * workers < free && nowMs - dueMs < YIELD_MS;
    }
    if (free <= 0) return false;
    if (control.get('allocated') < plan.maxVUs) return nowMs - dueMs < GROW_MS;
    this.#noticeProgress(next);
    this.#waitingSinceMs ??= nowMs;
    this.#othersStuck ||= nowMs - this.#waitingSinceMs >= STUCK_MS;
    return !this.#othersStuck;
  }

  /** Workers that were taken for stuck are trusted again as soon as one of them claims something. */
  #noticeProgress(next: number): void {
    if (next === this.#seenNext) return;
    this.#seenNext = next;
    this.#waitingSinceMs = undefined;
    this.#othersStuck = false;
  }

  #claim(next: number): boolean {
    if (!this.#context.control.claim(next)) return false;
    this.#noticeProgress(next);
    this.#seenNext = next + 1;
    this.#waitingSinceMs = undefined;
    return true;
  }

  #addPlace(index: number): void {
    const place: Place = { place: -1, vu: this.#context.createVu(index), freeSinceMs: -Infinity };
    place.vu.ended = () => this.#release(place);
    this.#places.push(place);
    this.#idle.push(place);
    this.#context.control.add('free', 1);
  }

  #run(place: Place, dueMs: number): void {
    const { control } = this.#context;
    control.add('free', -1);
    control.add('active', 1);
    this.#busy.add(place);
    place.vu.run(dueMs, control.add('started', 1), Math.max(dueMs, place.freeSinceMs));
  }

  #release(place: Place): void {
    const { clock, control } = this.#context;
    this.#busy.delete(place);
    control.add('active', -1);
    if (this.#load.whenBusy === 'queue') place.freeSinceMs = clock.now();
    this.#idle.push(place);
    control.add('free', 1);
    // The data that is used up here is used up everywhere: other VUs would only start in order to end.
    if (place.vu.exhausted === true) this.#stop();
    this.#pump();
    this.#finishIfOver();
  }

  #drop(count: number): void {
    this.#context.control.add('dropped', count);
    this.#context.dropped(count);
  }

  /**
   * What a stop of the run does to arrivals that are due: in a queue they were waiting for a VU, so they are dropped;
   * otherwise the stop came between their time and the timer, and they count neither as started nor as dropped.
   */
  #dropQueued(nowMs: number): void {
    if (this.#load.whenBusy === 'queue') this.#dropUnclaimed(nowMs);
  }

  #dropUnclaimed(untilMs: number): void {
    const { control } = this.#context;
    let count = 0;
    for (;;) {
      const next = control.get('next');
      const offsetMs = this.#schedule.arrivalAt(next);
      if (offsetMs === undefined || this.#startMs + offsetMs > untilMs) break;
      if (control.claim(next)) count++;
    }
    if (count > 0) this.#drop(count);
  }

  #wakeAt(atMs: number): void {
    if (atMs === this.#wakeMs) return;
    this.#cancelWake();
    this.#wakeMs = atMs;
    this.#cancelWake = this.#context.clock.at(atMs, () => {
      this.#wakeMs = undefined;
      this.#pump();
    });
  }

  /** A rate lasts until its end, also after its last arrival; bursts are over with the last iteration. */
  #finishIfOver(): void {
    if (this.#finished || this.#busy.size > 0) return;
    const over = this.#exhausted && (this.#ended || this.#load.curve.kind === 'burst');
    if (over || this.#stopped) this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    this.#stop();
    this.#cancelCut();
    this.#context.control.add('free', -this.#idle.length);
    if (this.#context.places === undefined) this.#context.control.add('finishedWorkers', 1);
    void retireAll(this.#places.map(({ vu }) => vu)).then(this.#resolve);
  }
}
