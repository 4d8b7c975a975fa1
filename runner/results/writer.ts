/**
 * Writes a result while the run goes on: every report is on its way to the disk as it comes in, and nothing of it is
 * kept in memory. See `partial-file.ts` for what becomes of it when the run, the disk or the folder goes away.
 */

import { hostname } from 'node:os';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import { bruntVersion } from '../config/version.ts';
import type { Summary } from '../summary/model.ts';
import { putAside } from './aside.ts';
import { type HeadLine, RESULT_SCHEMA, type ResultLine } from './format.ts';
import { PartialFile } from './partial-file.ts';
import { toReportLine } from './report-line.ts';

function lineOf(line: ResultLine): string {
  return `${JSON.stringify(line)}\n`;
}

export class ResultWriter {
  readonly file: string;
  readonly #digits = new Map<string, number>();
  /** Precision by source and series. */
  readonly #series = new Map<string, Map<number, number>>();
  readonly #out: PartialFile;

  /**
   * Creates the file; throws where that is not possible. `warn` is called at once if it cannot be written any more; the
   * rest is then left out.
   */
  constructor(file: string, script: string, warn: (text: string) => void) {
    this.file = file;
    putAside(file, warn);
    const head: HeadLine = {
      kind: 'head',
      schema: RESULT_SCHEMA,
      script,
      startedAt: new Date().toISOString(),
      version: bruntVersion(),
      writer: { pid: process.pid, host: hostname() },
    };
    this.#out = new PartialFile(file, lineOf(head), warn);
  }

  /** Why the result is not complete; undefined while all is well. */
  get problem(): string | undefined {
    return this.#out.problem;
  }

  /** Adds an encoded snapshot. */
  add(bytes: ArrayBuffer): void {
    if (this.problem !== undefined) return;
    const snapshot = decodeSnapshot(bytes);
    for (const def of snapshot.metrics) this.#digits.set(def.name, def.digits);
    let known = this.#series.get(snapshot.source);
    if (known === undefined) {
      known = new Map();
      this.#series.set(snapshot.source, known);
    }
    for (const { id, metric } of snapshot.series) known.set(id, this.#digits.get(metric) ?? 3);
    this.put(toReportLine(snapshot, (id) => known.get(id) ?? 3));
  }

  put(line: ResultLine): void {
    this.#out.put(lineOf(line));
  }

  /** Resolves when all is written that was put so far, for those who can wait. */
  async written(): Promise<void> {
    await this.#out.written();
  }

  /** Completes the file; resolves when that is done, or has failed. */
  async finish(summary: Summary): Promise<void> {
    this.put({ kind: 'end', summary });
    await this.#out.complete();
  }

  /** The same, for a process that ends now. */
  finishNow(summary: Summary): void {
    this.put({ kind: 'end', summary });
    this.#out.completeNow();
  }

  /** Removes what was written: the run never began. */
  discard(): void {
    this.#out.discard();
  }
}
