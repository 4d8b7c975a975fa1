/**
 * Writes a result while the run goes on: every report is on its way to the disk as it comes in, and nothing of it is
 * kept in memory. The file bears its name only when it is complete; until then `.partial` is appended.
 */

import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import { bruntVersion } from '../config/version.ts';
import type { Summary } from '../summary/model.ts';
import { PARTIAL, RESULT_SCHEMA, type ResultLine } from './format.ts';
import { toReportLine } from './report-line.ts';

export class ResultWriter {
  readonly file: string;
  readonly #digits = new Map<string, number>();
  /** Precision by source and series. */
  readonly #series = new Map<string, Map<number, number>>();
  readonly #warn: (text: string) => void;
  #fd: number | undefined;
  #problem: string | undefined;

  /**
   * Creates the file; throws where that is not possible. `warn` is called once, at once, if it cannot be written any
   * more; the rest is then left out.
   */
  constructor(file: string, script: string, warn: (text: string) => void) {
    this.file = file;
    this.#warn = warn;
    this.#fd = openSync(file + PARTIAL, 'w');
    const startedAt = new Date().toISOString();
    this.#put({ kind: 'head', schema: RESULT_SCHEMA, script, startedAt, version: bruntVersion() });
  }

  /** Why the result is not complete; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Adds an encoded snapshot. */
  add(bytes: ArrayBuffer): void {
    if (this.#fd === undefined) return;
    const snapshot = decodeSnapshot(bytes);
    for (const def of snapshot.metrics) this.#digits.set(def.name, def.digits);
    let known = this.#series.get(snapshot.source);
    if (known === undefined) {
      known = new Map();
      this.#series.set(snapshot.source, known);
    }
    for (const { id, metric } of snapshot.series) known.set(id, this.#digits.get(metric) ?? 3);
    this.#put(toReportLine(snapshot, (id) => known.get(id) ?? 3));
  }

  /** Completes the file. */
  finish(summary: Summary): void {
    if (this.#fd === undefined) return;
    this.#put({ kind: 'end', summary });
    if (this.#fd === undefined) return;
    try {
      closeSync(this.#fd);
      this.#fd = undefined;
      renameSync(this.file + PARTIAL, this.file);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Removes what was written: the run never began. */
  discard(): void {
    this.#close();
    rmSync(this.file + PARTIAL, { force: true });
  }

  #put(line: ResultLine): void {
    if (this.#fd === undefined) return;
    try {
      const bytes = gzipSync(`${JSON.stringify(line)}\n`);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#close();
    this.#warn(
      `the result could not be written to ${this.file}: ${this.#problem}; what was written is in ${this.file}${PARTIAL}`,
    );
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // Nothing can be done about it, and the first error was told.
    }
  }
}
