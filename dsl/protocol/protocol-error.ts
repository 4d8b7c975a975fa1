/** A failure of a protocol package's own: thrown into its exchange by the package, and on to the script. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Number of the kind of failure; packages number theirs from 10000, which Brunt never uses. */
  readonly code: number;
  /** The other side answered, with an error: the time counts, as that of a response with status 500 does. */
  readonly answered: boolean;

  /** The message groups equal failures: leave out what differs from one to the next. */
  constructor(
    code: number,
    message: string,
    options: { readonly answered?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.answered = options.answered === true;
  }
}
