/** The VU host of a worker thread: implements what `dsl/` asks of the world for one VU. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { InterruptedError } from '../../dsl/errors.ts';
import type {
  ErrorLog,
  Recorder,
  SharedMemory,
  TagSet,
  TraceSink,
  VuContext,
  VuHost,
} from '../../dsl/host.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import { Random, seedOf } from './random.ts';

/** What all VUs of a thread have in common. */
export interface ThreadWorld {
  readonly recorder: Recorder;
  readonly errors: ErrorLog;
  readonly shared: SharedMemory;
  readonly options: ResolvedOptions;
  readonly scriptDir: string;
  readonly traces: TraceSink | undefined;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
  endRun(kind: 'abort' | 'fail', reason: string): void;
  elapsedMs(): number;
}

/** Who a VU is. */
export interface VuIdentity {
  readonly id: number;
  readonly scenario: string;
  readonly env: Readonly<Record<string, string>>;
  /** Run and scenario tags. */
  readonly tags: TagSet;
}

/**
 * The group that surrounds the running code, by async context: two groups that overlap in time (under `Promise.all`)
 * must not get each other's requests. Async context costs every promise of the thread something, so it is entered
 * only by scripts that use `group`.
 */
const groupContext = new AsyncLocalStorage<string>();
let groupsInUse = false;

export class ThreadVuHost implements VuHost {
  readonly context: {
    id: number;
    iteration: number;
    scenario: string;
    iterationInScenario: number;
  } & VuContext;
  readonly env: Readonly<Record<string, string>>;
  readonly recorder: Recorder;
  readonly errors: ErrorLog;
  readonly shared: SharedMemory;
  readonly scriptDir: string;
  initializing = true;
  interrupted = false;

  readonly #world: ThreadWorld;
  #tags: TagSet;
  #random: Random | undefined;
  readonly #interruptListeners: ((reason: Error) => void)[] = [];
  readonly #iterationEndListeners: (() => void)[] = [];
  readonly #retireListeners: (() => void | Promise<void>)[] = [];

  constructor(world: ThreadWorld, identity: VuIdentity) {
    this.#world = world;
    this.context = { id: identity.id, iteration: 0, scenario: identity.scenario, iterationInScenario: 0 };
    this.env = identity.env;
    this.recorder = world.recorder;
    this.errors = world.errors;
    this.shared = world.shared;
    this.scriptDir = world.scriptDir;
    this.#tags = identity.tags;
  }

  get options(): ResolvedOptions {
    return this.#world.options;
  }

  get traces(): TraceSink | undefined {
    return this.#world.traces;
  }

  tags(): TagSet {
    if (!groupsInUse) return this.#tags;
    const group = groupContext.getStore();
    return group === undefined ? this.#tags : this.#tags.with('group', group);
  }

  setTag(key: string, value: string | undefined): void {
    if (value !== undefined) {
      this.#tags = this.#tags.with(key, value);
      return;
    }
    let tags = this.recorder.root;
    for (const [name, kept] of this.#tags.entries()) if (name !== key) tags = tags.with(name, kept);
    this.#tags = tags;
  }

  inGroup<T>(name: string, fn: () => T): T {
    groupsInUse = true;
    const outer = groupContext.getStore() ?? this.#tags.get('group') ?? '';
    return groupContext.run(`${outer}::${name}`, fn);
  }

  random(): number {
    this.#random ??= new Random(seedOf(this.#world.options.seed ?? 0, this.context.id));
    return this.#random.next();
  }

  seedRandom(seed: number): void {
    this.#random = new Random(seed);
  }

  onInterrupt(listener: (reason: Error) => void): void {
    this.#interruptListeners.push(listener);
  }

  onIterationEnd(listener: () => void): void {
    this.#iterationEndListeners.push(listener);
  }

  onRetire(listener: () => void | Promise<void>): void {
    this.#retireListeners.push(listener);
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void {
    this.#world.log(level, message);
  }

  endRun(kind: 'abort' | 'fail', reason: string): void {
    this.#world.endRun(kind, reason);
  }

  elapsedMs(): number {
    return this.#world.elapsedMs();
  }

  /** Ends what the current iteration has under way; its promise then rejects. */
  interrupt(reason: Error = new InterruptedError()): void {
    if (this.interrupted) return;
    this.interrupted = true;
    for (const listener of this.#interruptListeners) listener(reason);
  }

  endIteration(): void {
    for (const listener of this.#iterationEndListeners) listener();
  }

  async retire(): Promise<void> {
    await Promise.all(this.#retireListeners.map(async (listener) => listener()));
  }
}
