/** The main thread's end of one worker: typed messages, replies as promises, and the news of its death. */

import type { MessagePort } from 'node:worker_threads';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { FromWorker, ToWorker } from '../../workers/messages.ts';

type ReplyType = 'loaded' | 'ready' | 'setupDone' | 'finished' | 'teardownDone' | 'summaryDone';
type Reply<T extends ReplyType> = Extract<FromWorker, { type: T }>;

interface Waiting {
  readonly type: ReplyType;
  resolve(message: FromWorker): void;
  reject(error: BruntError): void;
}

/** What made a thread end before it was told to. */
function describeDeath(worker: number, error: unknown): BruntError {
  const name = `worker ${worker}`;
  const code = (error as { code?: string } | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new BruntError(`${name} ran out of memory`, {
      code: 'WORKER_OUT_OF_MEMORY',
      exitCode: EXIT.invalid,
      hint: 'keep less in module variables, share data with shared(), or raise the limit: NODE_OPTIONS=--max-old-space-size=4096',
    });
  }
  if (/exited with code/i.test(message)) {
    return new BruntError(`${name} ended by itself (${message})`, {
      code: 'WORKER_EXITED',
      exitCode: EXIT.invalid,
      hint: 'a script must not call process.exit(); to end the test use test.abort(reason)',
    });
  }
  return new BruntError(`${name} died: ${message}`, {
    code: 'WORKER_DIED',
    exitCode: EXIT.invalid,
    cause: error,
  });
}

export class WorkerLink {
  readonly worker: number;
  /** Settles when the thread's task is over, whatever the reason. */
  readonly ended: Promise<void>;
  /** Called for messages that are no replies: snapshots, logs, `endRun`. */
  onMessage: (message: FromWorker) => void = () => undefined;
  /** Called once if the thread dies before `exit`. */
  onLost: (error: BruntError) => void = () => undefined;
  /** Time of the last message, ms of `performance.now()`. */
  lastHeardMs = performance.now();

  readonly #port: MessagePort;
  #waiting: Waiting | undefined;
  #exiting = false;
  #lost: BruntError | undefined;

  constructor(worker: number, port: MessagePort, task: Promise<unknown>) {
    this.worker = worker;
    this.#port = port;
    port.on('message', (message: FromWorker) => {
      this.lastHeardMs = performance.now();
      this.#receive(message);
    });
    this.ended = task.then(
      () => {
        if (!this.#exiting) this.lose(describeDeath(worker, 'its task returned'));
      },
      (error: unknown) => {
        if (!this.#exiting) this.lose(describeDeath(worker, error));
      },
    );
  }

  get lost(): BruntError | undefined {
    return this.#lost;
  }

  send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Resolves with the next message of the type; rejects if the step fails or the thread dies. One at a time. */
  reply<T extends ReplyType>(type: T): Promise<Reply<T>> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#waiting = { type, resolve: (message) => resolve(message as Reply<T>), reject };
    });
  }

  /** Sends and waits for the answer. */
  ask<T extends ReplyType>(message: ToWorker, type: T): Promise<Reply<T>> {
    const answer = this.reply(type);
    this.send(message);
    return answer;
  }

  /** Gives the thread up: it died, or does not answer. */
  lose(error: BruntError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.#port.close();
    this.onLost(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  exit(): void {
    this.#exiting = true;
    if (this.#lost === undefined) this.send({ type: 'exit' });
  }

  #receive(message: FromWorker): void {
    const waiting = this.#waiting;
    if (waiting !== undefined && message.type === waiting.type) {
      this.#waiting = undefined;
      waiting.resolve(message);
      return;
    }
    if (message.type === 'failed') {
      this.#waiting = undefined;
      const error = BruntError.fromWire(message.error);
      if (waiting === undefined) this.lose(error);
      else waiting.reject(error);
      return;
    }
    this.onMessage(message);
  }
}
