/**
 * Leads one capacity scenario: asks the search for a rate, has the workers run a probe of it, judges what was measured,
 * and so on until the search is over.
 *
 *     state      event                                          next
 *     ---------  ---------------------------------------------  -------------------------------------------
 *     waiting    the scenario's start                           probing
 *     probing    all workers are through with the probe         settling (judged, told to the search)
 *     probing    far behind at half time, or behind at the end  probing, and no more of its arrivals start
 *     settling   `settle` has passed                            probing, or ended where the search is over
 *     any        the run is being stopped, or a worker is lost  ended
 *
 * The generator must not be the limit: where it started late or had no time left in a probe that failed, the probe says
 * nothing of the system; the second one at the same rate ends the search.
 */

import { formatDuration } from '../../dsl/duration.ts';
import { EXIT } from '../../dsl/errors.ts';
import type { ScenarioControl } from '../../workers/control.ts';
import type { CapacityPlan, Probe, ScenarioPlan } from '../../workers/plan/types.ts';
import type { Aggregate, OwnGauges, Tracked } from '../aggregate/types.ts';
import type { ProbeOrder } from '../run/session.ts';
import type { CapacityProbe, CapacitySummary } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { accountOf, windowOf } from './account.ts';
import { generatorLimit, perSecond, vuLimit } from './advice.ts';
import { CLEARLY_BEHIND, samplesNeeded } from './judge.ts';
import { kneeOf } from './knee.ts';
import { ProbeMeasures } from './measures.ts';
import { behindBetween, DueArrivals, type Tally } from './progress.ts';
import { CapacitySearch } from './search.ts';

/** The run as the controller sees it. */
export interface ProbedRun {
  readonly workers: number;
  readonly maxStartLagMs: number;
  readonly aggregate: Aggregate;
  readonly gauges: OwnGauges;
  readonly control: ScenarioControl;
  /** Time since the run's start. */
  elapsedMs(): number;
  order(order: ProbeOrder): void;
  /** False once the run is being stopped. */
  running(): boolean;
}

/** From the order to a probe until its first arrival: the message must have reached every thread by then. */
const LEAD_MS = 50;
/** A window is made at most so many times longer for want of samples. */
const LONGEST_WINDOWS = 6;
/** Share of completions missing at which a probe is ended at half time: nothing could make up for that. */
const HOPELESS = 0.2;
const LOOK_EVERY_MS = 250;
const GENERATOR_LIMIT = 'the generator itself was at its limit';

interface ProbeRun {
  readonly probe: Probe;
  readonly due: DueArrivals;
  readonly startedBefore: number;
  readonly interruptedBefore: number;
  readonly waitingFor: Set<number>;
  finish: (end: { readonly exhausted: boolean } | undefined) => void;
  exhausted: boolean;
}

type Outcome = 'go on' | 'generator' | 'data' | 'stopped';

export class CapacityController {
  readonly #run: ProbedRun;
  readonly #plan: ScenarioPlan;
  readonly #search: CapacityPlan;
  readonly #rules: readonly ThresholdRule[];
  readonly #steps: CapacitySearch;
  readonly #probes: CapacityProbe[] = [];
  readonly #busy: Tracked;
  readonly #notes = new Set<string>();
  #current: ProbeRun | undefined;
  #end: CapacitySummary['end'] | undefined;
  /** Samples per arrival that each threshold's metric had, most of all probes. */
  readonly #yield = new Map<ThresholdRule, number>();
  /** What an iteration takes at a rate that holds; undefined before one has held. */
  #unloadedMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Rate at which the generator was seen to be the limit. */
  #generatorLimitAt: number | undefined;
  #stopWaiting: () => void = () => undefined;
  #stopped = false;

  constructor(run: ProbedRun, plan: ScenarioPlan, rules: readonly ThresholdRule[]) {
    if (plan.load.kind !== 'capacity') throw new TypeError(`${plan.name} is no capacity scenario`);
    this.#run = run;
    this.#plan = plan;
    this.#search = plan.load.search;
    this.#rules = rules;
    this.#steps = new CapacitySearch(this.#search);
    // Registered before the first report, for its history.
    this.#busy = run.aggregate.track({ metric: 'generator_loop_busy', tags: [] }, { history: true });
  }

  /** Arrivals per second of the probe under way. */
  get rate(): number | undefined {
    return this.#current === undefined ? undefined : this.#current.probe.ratePerMs * 1000;
  }

  /** Probes so far, the one under way among them. */
  get probeCount(): number {
    return this.#probes.length + (this.#current === undefined ? 0 : 1);
  }

  get held(): number | null {
    return this.#steps.bracket.held;
  }

  /** Leads the search; resolves when it is over or the run is being stopped. */
  async lead(): Promise<void> {
    const { startTimeMs } = this.#plan;
    await this.#until(startTimeMs - LEAD_MS);
    this.#end = await this.#probeOn();
    const { held } = this.#steps.bracket;
    if (held !== null) {
      const tags = [['scenario', this.#plan.name]] as const;
      this.#run.gauges.gauge('capacity_rate', tags, held, this.#run.elapsedMs());
    }
    this.#run.order({ type: 'endProbes', scenario: this.#plan.index });
  }

  /** Ends the search now; nothing of it is left waiting. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#stopWaiting();
    this.#current?.finish(undefined);
  }

  /** A worker is through with a probe. */
  probeDone(number: number, worker: number, exhausted: boolean): void {
    const current = this.#current;
    if (current === undefined || current.probe.number !== number) return;
    current.waitingFor.delete(worker);
    current.exhausted ||= exhausted;
    if (current.waitingFor.size === 0) current.finish({ exhausted: current.exhausted });
  }

  summary(): CapacitySummary {
    const { held, failed } = this.#steps.bracket;
    return {
      rate: held,
      failedAt: failed,
      limitedBy: failed === null ? [] : this.#reasonsAt(failed),
      end: this.#end ?? 'stopped',
      knee: kneeOf(
        this.#probes.map(({ rate, achieved, responseTime }) => ({
          rate,
          achieved,
          avgMs: responseTime?.avg ?? null,
        })),
      ),
      probes: this.#probes,
      notes: [...this.#notes],
    };
  }

  /** Why the run cannot pass; empty where a capacity was found. */
  causes(): readonly Cause[] {
    const { name } = this.#plan;
    const { rate, end, limitedBy } = this.summary();
    if (end === 'generator') {
      return [
        {
          exitCode: EXIT.invalid,
          reason: `capacity of ${name}: at ${perSecond(this.#probes.at(-1)?.rate ?? 0)} the generator itself was the limit`,
        },
      ];
    }
    if (rate !== null || end === 'stopped') return [];
    const why = limitedBy.length === 0 ? '' : `: ${limitedBy.join(', ')}`;
    const lowest = perSecond(Math.min(...this.#probes.map((probe) => probe.rate)));
    const reason =
      end === 'data'
        ? `capacity of ${name}: the script's data was used up before a rate held`
        : `capacity of ${name}: no rate held, not even ${lowest}${why}`;
    return [{ exitCode: EXIT.thresholdsFailed, reason }];
  }

  async #probeOn(): Promise<CapacitySummary['end']> {
    const { startTimeMs, durationMs } = this.#plan;
    for (;;) {
      const step = this.#steps.next();
      if (step.kind === 'done') return step.end;
      if (!this.#goesOn()) return 'stopped';
      const { warmUpMs, settleMs } = this.#search;
      const windowMs = this.#windowFor(step.rate);
      const startMs = this.#run.elapsedMs() + LEAD_MS;
      if (startMs + warmUpMs + windowMs > startTimeMs + durationMs) {
        this.#notes.add(
          `maxDuration (${formatDuration(durationMs)}) ended the search before it was done: allow it more time for a closer answer`,
        );
        return 'time';
      }
      const outcome = await this.#probe(step.rate, startMs, windowMs);
      if (outcome !== 'go on') return outcome;
      if (this.#steps.next().kind === 'probe') await this.#until(this.#run.elapsedMs() + settleMs);
    }
  }

  /** Long enough for every threshold to have the samples that it needs, by what earlier probes yielded. */
  #windowFor(rate: number): number {
    const { probeMs } = this.#search;
    const needed = this.#rules.map((rule) => samplesNeeded(rule) / (this.#yield.get(rule) ?? 1));
    // A tenth more: with random arrivals the number of samples varies.
    const wanted = (Math.max(0, ...needed) / rate) * 1000 * 1.1;
    return Math.ceil(Math.min(Math.max(probeMs, wanted), probeMs * LONGEST_WINDOWS));
  }

  async #probe(rate: number, startMs: number, windowMs: number): Promise<Outcome> {
    const { control, workers } = this.#run;
    const { warmUpMs, poissonSeed } = this.#search;
    const number = this.#probes.length + 1;
    const probe: Probe = {
      number,
      ratePerMs: rate / 1000,
      startMs,
      warmUpMs,
      windowMs,
      firstArrival: control.get('next'),
      poissonSeed: poissonSeed === undefined ? undefined : (poissonSeed + number * 0x9e3779b1) | 0,
    };
    const current: ProbeRun = {
      probe,
      due: new DueArrivals(probe),
      startedBefore: control.get('started'),
      interruptedBefore: control.get('interrupted'),
      waitingFor: new Set(Array.from({ length: workers }, (_, worker) => worker)),
      finish: () => undefined,
      exhausted: false,
    };
    this.#current = current;
    const over = new Promise<{ readonly exhausted: boolean } | undefined>((resolve) => {
      current.finish = resolve;
    });
    const scenario = this.#plan.index;
    this.#run.order({ type: 'probe', scenario, probe });
    const watched = await this.#watch(current);
    const end = await over;
    this.#current = undefined;
    if (end === undefined || watched === undefined || !this.#goesOn()) return 'stopped';
    return this.#conclude(current, watched, end.exhausted);
  }

  /** Looks at the counters at the window's start and end, and now and then between; undefined where it was stopped. */
  async #watch(current: ProbeRun): Promise<{ readonly from: Tally; readonly to: Tally } | undefined> {
    const { probe, due } = current;
    const windowStartMs = probe.startMs + probe.warmUpMs;
    const endMs = windowStartMs + probe.windowMs;
    const halfMs = (probe.startMs + endMs) / 2;
    const cut = (): void =>
      this.#run.order({ type: 'cutProbe', scenario: this.#plan.index, number: probe.number });
    const first: Tally = { atMs: probe.startMs, ended: 0 };
    await this.#until(windowStartMs);
    const from = this.#tally(current);
    for (;;) {
      await this.#until(Math.min(endMs, this.#run.elapsedMs() + LOOK_EVERY_MS));
      if (!this.#goesOn()) return undefined;
      const to = this.#tally(current);
      if (current.waitingFor.size === 0) return { from, to };
      const unloadedMs = this.#unloadedMs;
      if (to.atMs >= endMs) {
        // Its queue need not be served: what is clearly behind has failed.
        if (unloadedMs !== undefined && behindBetween(due, from, to, unloadedMs) > CLEARLY_BEHIND) cut();
        return { from, to };
      }
      if (
        unloadedMs !== undefined &&
        to.atMs >= Math.max(halfMs, windowStartMs + LOOK_EVERY_MS) &&
        behindBetween(due, first, to, unloadedMs) > HOPELESS
      ) {
        cut();
        return { from, to };
      }
    }
  }

  #tally({ startedBefore }: ProbeRun): Tally {
    const { control } = this.#run;
    // Read in this order an iteration that starts between the two counts as running, not as ended.
    const started = control.get('started');
    const active = control.get('active');
    return { atMs: this.#run.elapsedMs(), ended: Math.max(0, started - active - startedBefore) };
  }

  #conclude(current: ProbeRun, window: { from: Tally; to: Tally }, exhausted: boolean): Outcome {
    const { probe, due } = current;
    const { aggregate, control, maxStartLagMs, workers } = this.#run;
    const measures = new ProbeMeasures(aggregate, this.#plan.name, probe.number, windowOf(window));
    const { record, judged, arrivals, thresholds } = accountOf({
      probe,
      due,
      ...window,
      measures,
      rules: this.#rules,
      interrupted: control.get('interrupted') - current.interruptedBefore,
      unloadedMs: this.#unloadedMs,
    });
    const { rate } = record;
    const facts = { maxStartLagMs, workers, rules: this.#rules, busy: this.#busy.history() };
    const generator = judged.held ? undefined : generatorLimit(facts, measures, window, rate);
    this.#probes.push(
      generator === undefined ? record : { ...record, reasons: [...record.reasons, GENERATOR_LIMIT] },
    );
    for (const { rule, samples } of thresholds) {
      if (samples > 0)
        this.#yield.set(rule, Math.max(this.#yield.get(rule) ?? 0, samples / Math.max(1, arrivals)));
    }
    if (exhausted) {
      this.#notes.add(
        "the script's data was used up: give it more, or let the feed start again (onEnd: 'recycle')",
      );
      return 'data';
    }
    if (generator !== undefined) {
      // Once may have been other work on this machine: the search has not been told, so it asks for the rate again.
      if (this.#generatorLimitAt !== rate) {
        this.#generatorLimitAt = rate;
        return 'go on';
      }
      this.#notes.add(generator);
      return 'generator';
    }
    if (!judged.evident) {
      this.#notes.add(
        `at ${perSecond(rate)} a probe has too few samples for its thresholds: make \`probe\` longer`,
      );
    }
    if (judged.held) {
      const avg = measures.state('iteration_duration').stat('avg');
      if (avg !== undefined) this.#unloadedMs = Math.min(this.#unloadedMs ?? avg, avg);
    } else {
      const vus = vuLimit(measures, { made: control.get('allocated'), most: this.#plan.maxVUs }, rate);
      if (vus !== undefined) this.#notes.add(vus);
    }
    this.#steps.report(judged);
    return 'go on';
  }

  #reasonsAt(rate: number): readonly string[] {
    const failed = this.#probes.filter((probe) => probe.rate === rate && !probe.held);
    return failed.at(-1)?.reasons ?? [];
  }

  #goesOn(): boolean {
    return !this.#stopped && this.#run.running();
  }

  /** Until a time of the run, or until `stop`. */
  #until(atMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stopWaiting = resolve;
      this.#timer = setTimeout(resolve, Math.max(0, atMs - this.#run.elapsedMs()));
    });
  }
}
