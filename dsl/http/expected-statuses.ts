/** Which statuses a request is expected to end with; all others count as failed. */

export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

function asRange(status: unknown): StatusRange {
  if (typeof status === 'number' && Number.isInteger(status)) return { min: status, max: status };
  const range = status as Partial<StatusRange> | null;
  if (
    typeof range === 'object' &&
    range !== null &&
    Number.isInteger(range.min) &&
    Number.isInteger(range.max) &&
    (range.min as number) <= (range.max as number)
  ) {
    return { min: range.min as number, max: range.max as number };
  }
  throw new TypeError(
    `expectedStatuses: ${JSON.stringify(status)} is neither a status nor a range such as { min: 200, max: 299 }`,
  );
}

export class ExpectedStatuses {
  readonly #ranges: readonly StatusRange[];

  /** Throws TypeError for anything but whole numbers and ranges, and for none at all. */
  constructor(statuses: readonly unknown[]) {
    if (statuses.length === 0) throw new TypeError('expectedStatuses: give at least one status or range');
    this.#ranges = statuses.map(asRange);
  }

  /** These and one more. */
  and(status: number): ExpectedStatuses {
    return new ExpectedStatuses([...this.#ranges, status]);
  }

  includes(status: number): boolean {
    for (const range of this.#ranges) if (status >= range.min && status <= range.max) return true;
    return false;
  }
}

/** k6's default: success and redirects. */
export const DEFAULT_EXPECTED = new ExpectedStatuses([{ min: 200, max: 399 }]);
