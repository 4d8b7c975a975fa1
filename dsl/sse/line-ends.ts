/**
 * Lines end with CR, LF or CRLF. Whoever waits after a CR to see whether an LF follows holds back the event that the CR
 * has ended, until the next one comes or for good: here the CR ends the line, and an LF right after it is passed over.
 */
export class LineEnds {
  #afterCr = false;

  /** The same text with LF alone. */
  unify(text: string): string {
    if (text === '') return text;
    const rest = this.#afterCr && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterCr = text.endsWith('\r');
    return rest.includes('\r') ? rest.replaceAll(/\r\n?/g, '\n') : rest;
  }
}
