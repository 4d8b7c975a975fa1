/**
 * A worker thread's life, driven by messages (see `messages.ts`). One state at a time; a message that does not fit the
 * state is a defect and is reported as one.
 *
 *     loading -> idle -> prepared -> running -> finished -> (exit)
 *
 * The script's module code runs once more than there are VUs: the instance that showed its options also runs setup,
 * teardown and handleSummary (VU 0), in one thread.
 */

import { performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import { BruntError, EXIT, InterruptedError } from '../dsl/errors.ts';
import type { TagSet } from '../dsl/host.ts';
import { M } from '../dsl/metrics.ts';
import type { ResolvedOptions } from '../dsl/options.ts';
import { loadParts } from '../dsl/parts.ts';
import { ScenarioControl } from './control.ts';
import type { CapacityDriver } from './drivers/capacity.ts';
import { RealClock } from './drivers/clock.ts';
import { createDriver } from './drivers/create.ts';
import type { Driver } from './drivers/types.ts';
import { type Health, watchHealth } from './health.ts';
import { expectVUs } from './heap.ts';
import { copyable, type OnceStep, runOnce, stepError } from './lifecycle.ts';
import { scriptFacts } from './load/facts.ts';
import { loadScript } from './load/script.ts';
import type { FromWorker, LifecycleStep, ToWorker, WorkerTask } from './messages.ts';
import type { Probe, RunPlan, ScenarioPlan } from './plan/types.ts';
import { ThreadRecorder } from './record/recorder.ts';
import { SampleBuffer } from './record/samples.ts';
import { Reporter } from './reporter.ts';
import { createSharedMemory } from './shared/memory.ts';
import { TraceKeeper } from './traces.ts';
import type { ThreadWorld } from './vu/host.ts';
import { instantiate, type ScriptVu, type ThreadScript } from './vu/instance.ts';
import { IterationErrors } from './vu/iteration-errors.ts';
import type { IterationFunction } from './vu/vu.ts';
import { Vu } from './vu/vu.ts';

/** Milliseconds on the clock that all threads of the process share, minus this thread's `performance.now()`. */
const SHARED_CLOCK_OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export class Thread {
  readonly #task: WorkerTask;
  readonly #port: MessagePort;
  readonly #recorder = new ThreadRecorder();
  readonly #iterationErrors: IterationErrors;
  readonly #world: ThreadWorld & { options: ResolvedOptions; traces: TraceKeeper | undefined };
  readonly #exited: Promise<void>;
  #resolveExit: () => void = () => undefined;
  #script: ThreadScript | undefined;
  #loading: Promise<void> = Promise.resolve();
  #vuZero: ScriptVu | undefined;
  #plan: RunPlan | undefined;
  #controls: ScenarioControl[] = [];
  #drivers: Driver[] = [];
  #clock: RealClock | undefined;
  #epoch: number | undefined;
  #setupData: unknown;
  #reporter: Reporter | undefined;
  #health: Health | undefined;

  constructor(task: WorkerTask) {
    this.#task = task;
    this.#port = task.port;
    this.#exited = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
    const recorder = this.#recorder;
    this.#world = {
      recorder,
      errors: recorder.errors,
      shared: createSharedMemory(task.sharedMemory),
      // Options exist from `prepare` on; module code that asks for them before gets an empty object.
      options: {} as ResolvedOptions,
      scriptDir: task.bundle.scriptDir,
      traces: undefined,
      log: (level, text) => this.#send({ type: 'log', level, text }),
      endRun: (kind, reason) => {
        this.#send({ type: 'endRun', kind, reason });
        // The main thread interrupts all workers; until its word is here no iteration may start after the abort.
        if (kind === 'abort') for (const driver of this.#drivers) driver.drain();
      },
      elapsedMs: () => this.#elapsedMs(),
    };
    this.#iterationErrors = new IterationErrors(recorder.errors, task.bundle.scriptDir, (text) =>
      this.#send({ type: 'log', level: 'error', text }),
    );
  }

  /** Serves messages until `exit`. Never rejects: what goes wrong is sent as `failed`. */
  async run(): Promise<void> {
    const stray = (error: unknown): void => {
      this.#recorder.series(M.iteration_errors, this.#recorder.root).add(1);
      this.#iterationErrors.report('outside of an iteration', error);
    };
    process.on('uncaughtException', stray);
    process.on('unhandledRejection', (error) => {
      if (!(error instanceof InterruptedError)) stray(error);
    });
    this.#port.on('message', (message: ToWorker) => {
      this.#handle(message);
    });
    this.#loading = this.#load();
    await this.#exited;
    this.#port.close();
  }

  async #load(): Promise<void> {
    try {
      const { bundle } = this.#task;
      const [script, parts] = await Promise.all([loadScript(bundle), loadParts(bundle.code)]);
      this.#script = { script, parts };
      if (this.#task.worker !== 0) return;
      this.#vuZero = instantiate(this.#script, this.#world, {
        id: 0,
        scenario: '',
        env: this.#task.env,
        tags: this.#recorder.root,
      });
      const facts = scriptFacts(this.#vuZero.module, bundle.entry);
      this.#send({ type: 'loaded', facts: { ...facts, customMetrics: this.#recorder.customMetrics() } });
    } catch (error) {
      this.#fail('load', error);
    }
  }

  #handle(message: ToWorker): void {
    switch (message.type) {
      case 'prepare':
        void this.#loading.then(() => this.#guard('init', () => this.#prepare(message)));
        return;
      case 'setup':
        this.#once('setup', message.timeoutMs, undefined);
        return;
      case 'start':
        this.#guard('run', () => this.#start(message.epoch, message.data));
        return;
      case 'ack':
        this.#reporter?.acknowledge(message.seq, message.bytes);
        return;
      case 'samplesTaken':
        this.#recorder.samples?.taken();
        return;
      case 'probe':
        this.#probe(message.scenario, message.probe);
        return;
      case 'cutProbe':
        this.#capacityDriver(message.scenario).cut(message.number);
        return;
      case 'endProbes':
        this.#capacityDriver(message.scenario).end();
        return;
      case 'stop':
        for (const driver of this.#drivers) {
          if (message.how === 'drain') driver.drain();
          else driver.interrupt();
        }
        if (message.how === 'interrupt') this.#vuZero?.host.interrupt();
        return;
      case 'teardown':
        this.#once('teardown', message.timeoutMs, message.data);
        return;
      case 'handleSummary':
        this.#once('handleSummary', this.#world.options.teardownTimeoutMs, message.summary);
        return;
      case 'exit':
        this.#reporter?.stop();
        this.#health?.stop();
        this.#resolveExit();
        return;
    }
  }

  #prepare(message: ToWorker & { type: 'prepare' }): void {
    // What kept it from loading has been reported.
    if (this.#script === undefined) return;
    const { plan, options } = message;
    this.#plan = plan;
    this.#world.options = options;
    if (message.traceSlowest > 0) this.#world.traces = new TraceKeeper(message.traceSlowest);
    this.#recorder.select(message.selection);
    if (message.samples) this.#recorder.sampleTo(this.#sampleBuffer());
    const runTags = this.#withTags(this.#recorder.root, options.tags);
    if (this.#vuZero !== undefined) {
      for (const [key, value] of Object.entries(options.tags)) this.#vuZero.host.setTag(key, value);
    }
    this.#clock = new RealClock();
    expectVUs(plan.scenarios.reduce((sum, scenario) => sum + scenario.maxVUs, 0));
    let firstVuId = 1;
    for (const scenario of plan.scenarios) {
      this.#controls.push(new ScenarioControl(message.control, scenario.index));
      this.#drivers.push(this.#driverFor(scenario, runTags, firstVuId));
      firstVuId += scenario.maxVUs;
    }
    this.#send({ type: 'ready' });
  }

  /** Name of this thread in all that it measures. */
  get #source(): string {
    return `w${this.#task.worker}`;
  }

  #sampleBuffer(): SampleBuffer {
    return new SampleBuffer({
      source: this.#source,
      now: () => performance.now() + SHARED_CLOCK_OFFSET_MS,
      send: (columns) =>
        this.#port.postMessage({ type: 'samples', columns } satisfies FromWorker, [columns.bytes]),
    });
  }

  #withTags(base: TagSet, tags: Readonly<Record<string, string>>): TagSet {
    let set = base;
    for (const [key, value] of Object.entries(tags)) set = set.with(key, value);
    return set;
  }

  #driverFor(scenario: ScenarioPlan, runTags: TagSet, firstVuId: number): Driver {
    const tags = this.#withTags(runTags.with('scenario', scenario.name), scenario.tags);
    const env = Object.freeze({ ...this.#task.env, ...scenario.env });
    const control = this.#controls[scenario.index] as ScenarioControl;
    const clock = this.#clock as RealClock;
    return createDriver({
      plan: scenario,
      worker: this.#task.worker,
      workers: this.#plan?.workers ?? 1,
      clock,
      control,
      createVu: (index) => {
        const { host, module } = instantiate(this.#script as ThreadScript, this.#world, {
          id: firstVuId + index,
          scenario: scenario.name,
          env,
          tags,
        });
        return new Vu({
          host,
          iterate: module[scenario.exec] as IterationFunction,
          setupData: () => structuredClone(this.#setupData),
          control,
          clock,
          minIterationDurationMs: this.#world.options.minIterationDurationMs,
          iterationFailed: (name, error) => this.#iterationErrors.report(name, error),
        });
      },
      dropped: (count, probe = '') => {
        const of = probe === '' ? tags : tags.with('probe', probe);
        this.#recorder.series(M.dropped_iterations, of).add(count);
      },
    });
  }

  #start(epoch: number, data: unknown): void {
    this.#setupData = data;
    this.#epoch = epoch - SHARED_CLOCK_OFFSET_MS;
    (this.#clock as RealClock).startAt(this.#epoch);
    const root = this.#recorder.root;
    const first = this.#task.worker === 0;
    this.#health = watchHealth(this.#recorder, root, this.#task.worker);
    this.#reporter = new Reporter(
      this.#port,
      this.#recorder,
      this.#source,
      () => this.#elapsedMs(),
      () => {
        this.#health?.sample();
        if (first) this.#sampleVus();
        this.#sendTraces();
      },
      this.#recorder.samples,
    );
    this.#reporter.start();
    for (const driver of this.#drivers) driver.start();
    // A run shorter than a second would otherwise end before its first sample; the VUs of one that is over within a
    // turn of the event loop are never seen at work, only counted.
    let sampled = false;
    const sampleEarly = (): void => {
      sampled = true;
      this.#sampleVus();
    };
    if (first) setTimeout(sampleEarly, Math.max(0, this.#epoch - performance.now()) + 1);
    void Promise.all(this.#drivers.map((driver) => driver.done)).then(() => {
      this.#reporter?.stop();
      this.#health?.sample();
      if (first && !sampled) this.#sampleAllocated();
      this.#reporter?.send();
      this.#sendTraces(Number.POSITIVE_INFINITY);
      this.#send({ type: 'finished' });
    });
  }

  #capacityDriver(scenario: number): CapacityDriver {
    return this.#drivers[scenario] as CapacityDriver;
  }

  /** What the probe measured is sent before the word that it is over: the main thread judges it then. */
  #probe(scenario: number, probe: Probe): void {
    void this.#capacityDriver(scenario)
      .probe(probe)
      .then(({ exhausted }) => {
        this.#reporter?.send();
        this.#send({ type: 'probeDone', scenario, number: probe.number, exhausted });
      });
  }

  #sendTraces(most?: number): void {
    const traces = this.#world.traces?.drain(most);
    if (traces !== undefined) this.#send({ type: 'traces', traces });
  }

  /** The VU gauges: one thread records them for all, from the shared counters. */
  #sampleVus(): void {
    const active = this.#controls.reduce((sum, control) => sum + control.get('active'), 0);
    this.#recorder.series(M.vus, this.#recorder.root).add(active);
    this.#sampleAllocated();
  }

  #sampleAllocated(): void {
    const allocated = this.#controls.reduce((sum, control) => sum + control.get('allocated'), 0);
    this.#recorder.series(M.vus_max, this.#recorder.root).add(allocated);
  }

  /** Runs a once-per-test function of VU 0 and sends what came of it. */
  #once(step: OnceStep, timeoutMs: number, argument: unknown): void {
    const vu = this.#vuZero as ScriptVu;
    const fn = vu.module[step];
    vu.host.interrupted = false;
    vu.host.setTag('group', `::${step}`);
    const call = async (): Promise<void> => {
      const result =
        typeof fn === 'function'
          ? await runOnce(
              step,
              () => (fn as (data: unknown) => unknown)(argument),
              timeoutMs,
              () => vu.host.interrupt(),
            )
          : undefined;
      vu.host.endIteration();
      switch (step) {
        case 'setup':
          this.#send({ type: 'setupDone', data: copyable(result) });
          return;
        case 'teardown':
          await vu.host.retire();
          this.#reporter?.send();
          this.#send({ type: 'teardownDone' });
          return;
        case 'handleSummary':
          this.#send({ type: 'summaryDone', files: result as Record<string, string> | undefined });
      }
    };
    call().catch((error: unknown) => this.#fail(step, error));
  }

  #elapsedMs(): number {
    return this.#epoch === undefined ? 0 : Math.max(0, performance.now() - this.#epoch);
  }

  #guard(during: LifecycleStep, fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#fail(during, error);
    }
  }

  #fail(during: LifecycleStep, error: unknown): void {
    const wire =
      during === 'run'
        ? new BruntError(error instanceof Error ? (error.stack ?? error.message) : String(error), {
            code: 'WORKER_DEFECT',
            exitCode: EXIT.defect,
          }).toWire()
        : stepError(during, error, this.#task.bundle.scriptDir);
    this.#send({ type: 'failed', during, error: wire });
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
