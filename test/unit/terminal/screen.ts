/** A small terminal emulator: what a person sees after some text was written. Knows what the live view uses. */

const ESC = String.fromCharCode(27);
const SEQUENCE = new RegExp(`${ESC}\\[(\\??[\\d;]*)([A-Za-z])`, 'y');

export class Screen {
  readonly #width: number;
  #rows: string[] = [''];
  #row = 0;
  #column = 0;
  cursorVisible = true;

  constructor(width: number) {
    this.#width = width;
  }

  /** Rows without trailing blanks; scrolled-out rows are kept, so that the whole session can be looked at. */
  rows(): string[] {
    const rows = this.#rows.map((row) => row.trimEnd());
    while (rows.at(-1) === '') rows.pop();
    return rows;
  }

  write(text: string): void {
    for (let at = 0; at < text.length; ) {
      SEQUENCE.lastIndex = at;
      const sequence = SEQUENCE.exec(text);
      if (sequence !== null) {
        this.#apply(sequence[1] as string, sequence[2] as string);
        at = SEQUENCE.lastIndex;
        continue;
      }
      const char = text[at++] as string;
      if (char === '\n') this.#newLine();
      else if (char === '\r') this.#column = 0;
      else if (char < ' ') throw new Error(`control character ${char.charCodeAt(0)} reached the terminal`);
      else this.#put(char);
    }
  }

  #newLine(): void {
    this.#column = 0;
    this.#row++;
    while (this.#rows.length <= this.#row) this.#rows.push('');
  }

  #put(char: string): void {
    if (this.#column >= this.#width) this.#newLine();
    const row = (this.#rows[this.#row] as string).padEnd(this.#column);
    this.#rows[this.#row] = row.slice(0, this.#column) + char + row.slice(this.#column + 1);
    this.#column++;
  }

  #apply(parameters: string, final: string): void {
    const row = this.#rows[this.#row] as string;
    switch (final) {
      case 'A':
        this.#row = Math.max(0, this.#row - Number(parameters || '1'));
        return;
      case 'K':
        this.#rows[this.#row] = row.slice(0, this.#column);
        return;
      case 'J':
        this.#rows[this.#row] = row.slice(0, this.#column);
        this.#rows.length = this.#row + 1;
        return;
      case 'h':
      case 'l':
        if (parameters === '?25') this.cursorVisible = final === 'h';
        return;
      case 'm':
        return;
      default:
        throw new Error(`unexpected control sequence ${parameters}${final}`);
    }
  }
}
