/** The workers of one run: started, prepared, set up, run and closed. Knows no terminal, thresholds or files. */

import type { BruntError } from '../../dsl/errors.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import { createControlMemory, ScenarioControl } from '../../workers/control.ts';
import type { BundleCode, FromWorker, ScriptFacts, TagSelection, ToWorker } from '../../workers/messages.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { SampleColumns } from '../../workers/record/sample-columns.ts';
import { LoadPhase } from './load-phase.ts';
import type { WorkerPool } from './pool.ts';
import type { WorkerLink } from './worker-link.ts';

export interface SessionInput {
  readonly bundle: BundleCode;
  readonly env: Readonly<Record<string, string>>;
}

/** What workers are to send beside their snapshots. */
export type Wanted = Pick<Extract<ToWorker, { type: 'prepare' }>, 'traceSlowest' | 'samples'>;

/** What a session tells while it goes on. */
export interface SessionEvents {
  /** The bytes go back to the worker afterwards: nobody may keep them, nor views of them. */
  snapshot(bytes: ArrayBuffer, worker: number): void;
  traces(traces: RequestTraces): void;
  samples?(columns: SampleColumns): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void;
  endRun(kind: 'abort' | 'fail', reason: string): void;
  workerLost(error: BruntError): void;
  /** Nothing of a probe runs in this worker any more, and its last snapshot was told. */
  probeDone?(done: ProbeDone, worker: number): void;
}

export type ProbeDone = Extract<FromWorker, { type: 'probeDone' }>;
/** Orders to the drivers of capacity scenarios. */
export type ProbeOrder = Extract<ToWorker, { type: 'probe' | 'cutProbe' | 'endProbes' }>;

/** From the order to start until the start itself: the message must have reached every thread by then. */
const START_LEAD_MS = 25;

export class Session {
  readonly #pool: WorkerPool;
  readonly #input: SessionInput;
  readonly #events: SessionEvents;
  readonly #links: WorkerLink[] = [];
  #control: SharedArrayBuffer = createControlMemory(0);
  readonly #sharedMemory: SharedArrayBuffer;
  #plan: RunPlan | undefined;
  #phase: LoadPhase | undefined;
  #epoch: number | undefined;
  #controls: readonly ScenarioControl[] = [];

  constructor(pool: WorkerPool, sharedMemory: SharedArrayBuffer, input: SessionInput, events: SessionEvents) {
    this.#pool = pool;
    this.#sharedMemory = sharedMemory;
    this.#input = input;
    this.#events = events;
  }

  /** Evaluates the script in worker 0. */
  async load(): Promise<ScriptFacts> {
    const link = this.#startWorker(0);
    const { facts } = await link.reply('loaded');
    return facts;
  }

  /** Starts the other workers and makes the planned VUs in all of them. */
  async prepare(
    plan: RunPlan,
    options: ResolvedOptions,
    selection: TagSelection,
    wanted: Wanted,
  ): Promise<void> {
    this.#plan = plan;
    const control = createControlMemory(plan.scenarios.length);
    this.#control = control;
    this.#controls = plan.scenarios.map((s) => new ScenarioControl(control, s.index));
    for (let worker = 1; worker < plan.workers; worker++) this.#startWorker(worker);
    await Promise.all(
      this.#links.map((link) =>
        link.ask({ type: 'prepare', plan, options, control, selection, ...wanted }, 'ready'),
      ),
    );
  }

  async setup(timeoutMs: number): Promise<unknown> {
    const { data } = await this.#first().ask({ type: 'setup', timeoutMs }, 'setupDone');
    return data;
  }

  /** Runs the scenarios; resolves when all iterations ended, also after a stop. */
  async run(data: unknown): Promise<void> {
    const phase = new LoadPhase(this.#links);
    this.#phase = phase;
    this.#epoch = Number(process.hrtime.bigint()) / 1e6 + START_LEAD_MS;
    phase.start(this.#epoch, data, this.#plan?.latestEndMs ?? 0);
    await phase.done;
  }

  async teardown(data: unknown, timeoutMs: number): Promise<void> {
    await this.#first().ask({ type: 'teardown', data, timeoutMs }, 'teardownDone');
  }

  async handleSummary(summary: unknown): Promise<unknown> {
    const { files } = await this.#first().ask({ type: 'handleSummary', summary }, 'summaryDone');
    return files;
  }

  drain(graceMs: number): void {
    this.#phase?.drain(graceMs);
  }

  /** Ends what runs now: iterations, or setup and teardown. */
  interrupt(): void {
    if (this.#phase === undefined || this.#phase.state === 'done') {
      const first = this.#links[0];
      if (first !== undefined && first.lost === undefined) first.send({ type: 'stop', how: 'interrupt' });
    } else {
      this.#phase.interrupt();
    }
  }

  /** Tells every worker that is there. */
  order(order: ProbeOrder): void {
    for (const link of this.#links) if (link.lost === undefined) link.send(order);
  }

  get state(): LoadPhase['state'] | 'idle' {
    return this.#phase?.state ?? 'idle';
  }

  /** Milliseconds since the scenarios started; 0 before. */
  elapsedMs(): number {
    return this.#epoch === undefined ? 0 : Math.max(0, Number(process.hrtime.bigint()) / 1e6 - this.#epoch);
  }

  /** Memory of the shared counters, for those who read all of them. */
  get controlMemory(): SharedArrayBuffer {
    return this.#control;
  }

  /** Shared counters of the scenario with this place in the plan. */
  control(index: number): ScenarioControl | undefined {
    return this.#controls[index];
  }

  /** Whether VU 0 can still run teardown and handleSummary. */
  get alive(): boolean {
    const first = this.#links[0];
    return first !== undefined && first.lost === undefined;
  }

  /** Gives worker 0 up: it does not come back from a function of the script. */
  loseFirst(error: BruntError): void {
    this.#links[0]?.lose(error);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #first(): WorkerLink {
    return this.#links[0] as WorkerLink;
  }

  #startWorker(worker: number): WorkerLink {
    const link = this.#pool.start({ worker, sharedMemory: this.#sharedMemory, ...this.#input });
    link.onMessage = (message) => this.#receive(link, message);
    link.onLost = (error) => {
      this.#events.workerLost(error);
      this.#phase?.interrupt();
    };
    this.#links.push(link);
    return link;
  }

  #receive(link: WorkerLink, message: FromWorker): void {
    switch (message.type) {
      case 'snapshot':
        this.#events.snapshot(message.bytes, link.worker);
        link.send({ type: 'ack', seq: message.seq, bytes: message.bytes }, [message.bytes]);
        return;
      case 'traces':
        this.#events.traces(message.traces);
        return;
      case 'samples':
        this.#events.samples?.(message.columns);
        link.send({ type: 'samplesTaken' });
        return;
      case 'log':
        this.#events.log(message.level, message.text);
        return;
      case 'probeDone':
        this.#events.probeDone?.(message, link.worker);
        return;
      case 'endRun':
        this.#events.endRun(message.kind, message.reason);
        return;
      default:
        // Replies that nobody waits for any more, such as `finished` after the run was abandoned.
        return;
    }
  }
}
