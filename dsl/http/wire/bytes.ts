/** Classes of bytes in HTTP/1.1 (RFC 9110, 5.5 and 5.6.2), as tables: one look-up per byte. */

export const HT = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** Of the names of headers and of methods: letters, digits and these. */
export const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

/** Of the values of headers: printable ones, space and tab, and all above ASCII. */
export const FIELD = new Uint8Array(256);
FIELD.fill(1, SP);
FIELD[HT] = 1;
FIELD[0x7f] = 0;

/** 1 + the value of a hexadecimal digit; 0 for what is none. */
export const HEX = new Uint8Array(256);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  HEX[digit.charCodeAt(0)] = i + 1;
  HEX[digit.toUpperCase().charCodeAt(0)] = i + 1;
}
