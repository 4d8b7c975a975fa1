/** A failure that may pass and after which sending again does no harm: an overloaded receiver, one that is away. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** Known by this field, not by its class: a package may have another copy of it. */
  readonly retryable = true;
  /** How long the receiver asks to be left alone; undefined leaves it to the sender. */
  readonly afterMs: number | undefined;

  constructor(
    message: string,
    init: { readonly afterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.afterMs = init.afterMs;
  }
}
