/**
 * One run from script to summary.
 *
 *     phase       what happens                            a failure here
 *     ----------  --------------------------------------  -----------------------------------------------
 *     bundling    esbuild; worker 0 evaluates the script  rejects: nothing was measured
 *     preparing   options, thresholds, plan; all VUs      rejects: nothing was measured
 *     setup       setup()                                 a cause; no load, no teardown, summary
 *     running     scenarios (see load-phase.ts)           a cause; teardown, summary
 *     teardown    teardown()                              a cause; summary
 *     done        verdict, summary, handleSummary
 */

import { BruntError, EXIT, type SourceLocation } from '../../dsl/errors.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import { createSharedStorage } from '../../workers/control.ts';
import type { ScriptFacts } from '../../workers/messages.ts';
import { type Bundle, bundleScript, preloadBundler } from '../bundle/bundle.ts';
import { CapacityTeam } from '../capacity/team.ts';
import { type RunFlags, scriptEnv } from '../config/run-flags.ts';
import type { LiveState, Summary } from '../summary/model.ts';
import { type Cause, describeAbort } from '../summary/verdict.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import { MergedTraces } from '../traces/merged.ts';
import type { RunFollower } from './follower.ts';
import { Followers } from './followers.ts';
import { liveState } from './live-state.ts';
import { Measurement, type SummaryFacts } from './measurement.ts';
import { OwnGaugeRecorder } from './own-gauges.ts';
import { WorkerPool } from './pool.ts';
import { type Prepared, prepare } from './prepare.ts';
import { beforeLoad, moduleCode, stuck } from './script-step.ts';
import { Session } from './session.ts';
import { StopSignal, within } from './stop-signal.ts';

export interface RunInput {
  /** Path of the script as given. */
  readonly script: string;
  readonly flags: RunFlags;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RunEvents {
  /** Several times a second while the run goes on. */
  live(state: LiveState): void;
  log(level: LogLevel, text: string): void;
}

export interface RunOutcome {
  readonly summary: Summary;
  /** Errors that ended a phase, for the user to read before the summary. */
  readonly errors: readonly BruntError[];
  /** What `handleSummary` returned; undefined where there is none or it failed. */
  readonly files: unknown;
}

/** What a worker gets beyond a step's own time limit: it enforces the limit itself unless it is stuck. */
const STUCK_MS = 2000;
/** After Ctrl-C iterations may finish, but not as long as at a scenario's end: somebody is waiting. */
const INTERRUPT_GRACE_MS = 5000;
const LIVE_EVERY_MS = 100;
/** How long after a whole second the judge waits for workers that have not reported it. */
const REPORT_PATIENCE_MS = 700;

export class Run {
  readonly #input: RunInput;
  readonly #events: RunEvents;
  readonly #followers: Followers;
  readonly #stop = new StopSignal();
  readonly #causes: Cause[] = [];
  readonly #errors: BruntError[] = [];
  readonly #logged = new Set<string>();
  #phase: LiveState['phase'] = 'bundling';
  #session: Session | undefined;
  #prepared: Prepared | undefined;
  #measurement: Measurement | undefined;
  #capacity: CapacityTeam | undefined;
  /** Undefined unless requests are to be kept. */
  readonly #traces: MergedTraces | undefined;
  #startedAt = new Date();
  #loadMs = 0;
  /** When the load was told to end before its time, or did end; ms since its start. */
  #loadEndedMs: number | undefined;

  constructor(input: RunInput, events: RunEvents, followers: readonly RunFollower[] = []) {
    this.#input = input;
    this.#events = events;
    const { traceSlowest } = input.flags;
    this.#traces = traceSlowest > 0 ? new MergedTraces(traceSlowest) : undefined;
    this.#followers = new Followers(followers, (text) => this.#tell('warn', text));
  }

  /** Rejects with a BruntError if the script or its options cannot be used; else resolves, however the run went. */
  async execute(): Promise<RunOutcome> {
    const ticker = setInterval(() => this.#showLive(), LIVE_EVERY_MS);
    this.#showLive();
    preloadBundler();
    const pool = new WorkerPool();
    try {
      const { bundle, facts } = await this.#load(pool);
      await this.#prepare(bundle, facts);
      const data = await this.#setup(facts);
      if (this.#causes.length === 0) await this.#runLoad(data);
      await this.#teardown(facts, data);
      return await this.#finish(facts);
    } catch (error) {
      if (this.#capacity === undefined) this.#followers.discarded();
      throw error;
    } finally {
      clearInterval(ticker);
      await pool.close();
    }
  }

  /** Stops the run from outside: iterations may finish briefly, then teardown and summary follow; exit 105. */
  stop(reason: string): void {
    if (this.#stop.requested) return;
    this.#cause(EXIT.interrupted, reason);
    this.#stop.request(reason);
    const graceMs = Math.max(0, ...(this.#prepared?.plan.scenarios.map((s) => s.gracefulStopMs) ?? [0]));
    this.#loadEndedMs ??= this.#session?.elapsedMs();
    if (this.#phase === 'running') this.#session?.drain(Math.min(graceMs, INTERRUPT_GRACE_MS));
    else this.#session?.interrupt();
    this.#showLive();
  }

  /** Gives the run up, for an exit that waits for nothing: the summary of what was measured; undefined before the load. */
  abandon(): Summary | undefined {
    if (this.#capacity === undefined) {
      this.#followers.discarded();
      return undefined;
    }
    if (this.#phase === 'running') this.#loadMs = this.#session?.elapsedMs() ?? 0;
    const summary = this.#summarize();
    this.#followers.abandoned(summary);
    return summary;
  }

  /** Where the script has this threshold of the summary. Reads its source: meant for those that failed. */
  placeOf(metric: string, threshold: string): SourceLocation | undefined {
    const { rules = [], config } = this.#prepared ?? {};
    const rule = rules.find((one) => !one.builtin && one.metric === metric && one.threshold === threshold);
    const site = rule && config?.thresholdSites[rule.index];
    return site && config?.locate(site.path);
  }

  async #load(pool: WorkerPool): Promise<{ bundle: Bundle; facts: ScriptFacts }> {
    const { script, cwd, env, flags } = this.#input;
    const bundle = await this.#stop.race(bundleScript(script, { cwd }));
    for (const warning of bundle.warnings) this.#tell('warn', warning);
    const { code, entry, scriptDir, esModules } = bundle;
    const session = new Session(
      pool,
      createSharedStorage(),
      {
        bundle: { code, entry, scriptDir, ...(esModules === undefined ? {} : { esModules }) },
        env: scriptEnv(env, flags),
      },
      {
        snapshot: (bytes, worker) => this.#snapshot(bytes, worker),
        traces: (traces) => this.#traced(traces),
        samples: (columns) => this.#followers.samples(columns),
        log: (level, text) => this.#log(level, text),
        endRun: (kind, reason) => this.#endRun(kind, reason),
        workerLost: (error) => this.#workerLost(error),
        probeDone: (done, worker) => this.#capacity?.probeDone(done, worker),
      },
    );
    this.#session = session;
    this.#phase = 'preparing';
    const facts = await this.#scriptStep(session.load());
    return { bundle, facts };
  }

  async #prepare(bundle: Bundle, facts: ScriptFacts): Promise<void> {
    const prepared = await prepare(bundle, facts, this.#input);
    for (const { message, hint } of prepared.config.warnings) {
      this.#tell('warn', hint === undefined ? message : `${message} ${hint}`);
    }
    const { plan, options, selection } = prepared;
    this.#prepared = prepared;
    this.#measurement = new Measurement(prepared, facts.customMetrics, () => this.#loadEndedMs);
    const { script } = this.#input;
    const { customMetrics } = facts;
    const { aggregate } = this.#measurement;
    await this.#followers.prepared({
      script,
      options,
      plan,
      rules: prepared.rules,
      customMetrics,
      aggregate,
      baseline: prepared.baseline,
    });
    await this.#scriptStep(
      (this.#session as Session).prepare(plan, options, selection, {
        traceSlowest: this.#input.flags.traceSlowest,
        samples: this.#followers.wantSamples,
      }),
    );
  }

  /** Waits for module code: rejects when the run is stopped, or when the code never ends. */
  #scriptStep<T>(work: Promise<T>): Promise<T> {
    return this.#stop.race(moduleCode(work));
  }

  async #setup(facts: ScriptFacts): Promise<unknown> {
    if (this.#input.flags.noSetup || !facts.functions.includes('setup')) return undefined;
    const { setupTimeoutMs } = (this.#prepared as Prepared).options;
    this.#phase = 'setup';
    try {
      return await this.#stop.race(
        within((this.#session as Session).setup(setupTimeoutMs), setupTimeoutMs + STUCK_MS, () =>
          stuck('setup()', EXIT.setupTimeout),
        ),
      );
    } catch (error) {
      this.#failed(beforeLoad(error));
      return undefined;
    }
  }

  async #runLoad(data: unknown): Promise<void> {
    const session = this.#session as Session;
    this.#phase = 'running';
    this.#startedAt = new Date();
    const measurement = this.#measurement as Measurement;
    const { aggregate } = measurement;
    const gauges = new OwnGaugeRecorder((bytes) => {
      aggregate.apply(bytes);
      this.#followers.snapshot(bytes);
    });
    const capacity = new CapacityTeam(this.#prepared as Prepared, aggregate, gauges, session);
    this.#capacity = capacity;
    this.#followers.started(this.#startedAt);
    const ended = session.run(data);
    const led = capacity.lead();
    let lateTimer: NodeJS.Timeout;
    const late = (): void => {
      if (measurement.pending) this.#evaluate();
      lateTimer = setTimeout(late, 1000 + REPORT_PATIENCE_MS - (session.elapsedMs() % 1000));
    };
    lateTimer = setTimeout(late, 1000 + REPORT_PATIENCE_MS);
    // A search that fails would leave its workers waiting for ever.
    led.catch(() => this.#interrupt());
    await ended;
    capacity.stop();
    await led;
    clearTimeout(lateTimer);
    this.#loadMs = session.elapsedMs();
    this.#loadEndedMs ??= this.#loadMs;
  }

  /** Merges a worker's second; when all have reported theirs, it is judged. */
  #snapshot(bytes: ArrayBuffer, worker: number): void {
    const complete = this.#measurement?.add(bytes, worker) ?? false;
    if (this.#measurement !== undefined) this.#followers.snapshot(bytes);
    if (complete && this.#phase === 'running') this.#evaluate();
  }

  #traced(traces: RequestTraces): void {
    const added = this.#traces?.add(traces);
    if (added !== undefined) this.#followers.traces(added);
  }

  #evaluate(): void {
    const session = this.#session as Session;
    const atMs = session.elapsedMs();
    const measurement = this.#measurement as Measurement;
    const abort = measurement.judge(atMs);
    this.#followers.second(() => {
      let summary: Summary | undefined;
      return {
        atMs,
        live: this.#liveState(),
        thresholds: measurement.thresholds,
        summary: () => (summary ??= measurement.summarizeNow(this.#summaryFacts(atMs))),
      };
    });
    if (abort === undefined || session.state !== 'running') return;
    this.#cause(EXIT.thresholdsFailed, describeAbort(abort.rule, atMs));
    this.#interrupt();
  }

  /** Ends the load before its time. */
  #interrupt(): void {
    this.#loadEndedMs ??= this.#session?.elapsedMs();
    this.#session?.interrupt();
  }

  async #teardown(facts: ScriptFacts, data: unknown): Promise<void> {
    const session = this.#session as Session;
    if (this.#input.flags.noTeardown || !facts.functions.includes('teardown')) return;
    if (this.#capacity === undefined || !session.alive) return;
    const { teardownTimeoutMs } = (this.#prepared as Prepared).options;
    this.#phase = 'teardown';
    try {
      await within(session.teardown(data, teardownTimeoutMs), teardownTimeoutMs + STUCK_MS, () =>
        stuck('teardown()', EXIT.teardownTimeout),
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  async #finish(facts: ScriptFacts): Promise<RunOutcome> {
    this.#phase = 'done';
    this.#showLive();
    const { causes, ...extras } = await this.#followers.finishing(() => this.#summarize());
    this.#causes.push(...causes);
    const summary = { ...this.#summarize(), ...extras };
    await this.#followers.ended(summary);
    return { summary, errors: this.#errors, files: await this.#handleSummary(facts, summary) };
  }

  #summarize(): Summary {
    const summary = (this.#measurement as Measurement).summarize(this.#summaryFacts(this.#loadMs));
    return this.#traces === undefined ? summary : { ...summary, traces: this.#traces.all() };
  }

  #summaryFacts(durationMs: number): SummaryFacts {
    return {
      script: this.#input.script,
      startedAt: this.#startedAt,
      durationMs,
      causes: this.#causes,
      control: (this.#session as Session).controlMemory,
      capacity: this.#capacity,
    };
  }

  async #handleSummary(facts: ScriptFacts, summary: Summary): Promise<unknown> {
    const session = this.#session as Session;
    if (!facts.functions.includes('handleSummary') || !session.alive) return undefined;
    const { teardownTimeoutMs } = (this.#prepared as Prepared).options;
    try {
      return await within(session.handleSummary(summary), teardownTimeoutMs + STUCK_MS, () =>
        stuck('handleSummary()', EXIT.scriptError),
      );
    } catch (error) {
      if (!(error instanceof BruntError)) throw error;
      this.#errors.push(error);
      return undefined;
    }
  }

  #endRun(kind: 'abort' | 'fail', reason: string): void {
    if (kind === 'fail') {
      if (!this.#causes.some((cause) => cause.exitCode === EXIT.markedFailed)) {
        this.#cause(EXIT.markedFailed, `the script marked the run as failed: ${reason}`);
      }
      return;
    }
    if (this.#causes.some((cause) => cause.exitCode === EXIT.aborted)) return;
    this.#cause(EXIT.aborted, `the script aborted the run: ${reason}`);
    this.#interrupt();
  }

  #workerLost(error: BruntError): void {
    // Before the load, whoever waits for the worker is told.
    if (this.#capacity === undefined || this.#phase === 'done') return;
    this.#failed(error);
  }

  /** A phase ended with an error: a cause of the verdict, and something for the user to read. */
  #failed(error: unknown): void {
    if (!(error instanceof BruntError)) throw error;
    // Told already by whoever stopped or aborted the run.
    if (error.code === 'INTERRUPTED') return;
    if (error.code === 'SCRIPT_INTERRUPTED' && this.#causes.length > 0) return;
    if (this.#errors.includes(error)) return;
    this.#errors.push(error);
    this.#cause(error.exitCode, error.message);
  }

  #cause(exitCode: BruntError['exitCode'], reason: string): void {
    if (exitCode !== EXIT.passed) this.#causes.push({ exitCode, reason });
  }

  /** Every worker logs the first of its equal errors; the user sees it once. */
  #log(level: LogLevel, text: string): void {
    if (level === 'error') {
      if (this.#logged.has(text)) return;
      this.#logged.add(text);
    }
    this.#tell(level, text);
  }

  #tell(level: LogLevel, text: string): void {
    this.#events.log(level, text);
    this.#followers.log(level, text);
  }

  #showLive(): void {
    const state = this.#liveState();
    this.#events.live(state);
    this.#followers.live(state);
  }

  #liveState(): LiveState {
    const stopping = this.#session?.state === 'draining' || this.#session?.state === 'interrupting';
    return liveState({
      script: this.#input.script,
      phase: this.#phase === 'running' && stopping ? 'stopping' : this.#phase,
      plan: this.#prepared?.plan,
      session: this.#session,
      meter: this.#measurement?.meter,
      capacity: this.#capacity,
      thresholdsFailing: this.#measurement?.failing() ?? [],
    });
  }
}
