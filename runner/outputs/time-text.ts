/** Points in time as text, for files of many samples. */

/** RFC 3339 in UTC with microseconds: `2026-01-02T03:04:05.678901Z`. What it makes of a second is kept for the next. */
export class TimeText {
  #second = Number.NaN;
  #prefix = '';

  /** `ms` since 1970, with fractions. */
  rfc3339(ms: number): string {
    const micros = Math.round(ms * 1000);
    const second = Math.floor(micros / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = `${new Date(second * 1000).toISOString().slice(0, 19)}.`;
    }
    return `${this.#prefix}${String(micros - second * 1e6).padStart(6, '0')}Z`;
  }
}
