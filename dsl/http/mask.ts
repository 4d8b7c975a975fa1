/**
 * Keeps secrets out of what is shown of requests. What is secret is told by its name, wherever names stand beside values,
 * and by a few forms that only secrets have:
 *
 *     headers     Authorization, Cookie, Set-Cookie, X-Api-Key …: scheme, names of cookies and attributes stay
 *     URLs        user and password; pairs of the query and the fragment
 *     JSON        "name": value, also inside of a string; everything in an object or list under such a name
 *     forms       name=value, also multipart; name: value on a line of its own
 *     XML, HTML   <name>value</name>, value="…" of an input, content="…" of a meta element
 *     anywhere    Bearer and Basic credentials, JSON Web Tokens, private keys
 *
 * What was masked in one place of a request is masked in all others (`everywhere`): servers send back what they got.
 * All patterns are linear in the length of the text: bodies are hostile.
 */

export const MASK = '***';

/** Shorter values are too likely to stand somewhere by chance. */
const LEAST_KNOWN = 8;
const MOST_KNOWN = 200;

/** Of names in lower case, letters and digits only. */
const SECRET_PART =
  /passw|passphrase|passcode|pwd|secret|token|apikey|accesskey|privatekey|signingkey|encryptionkey|credential|authorization|cookie|csrf|xsrf|sessionid|sessionkey|jwt|bearer|assertion|signature|onetime|otpcode|verificationcode|codeverifier|cardnumber|securitycode/;
const SECRET_NAME = /^(?:pass|auth|xauth|session|sid|sig|pin|otp|cvv|cvc|mfa)$/;
const SECRET_PARAMETER = /^(?:key|code)$/;
/** Kinds and numbers of tokens: those of language models. */
const NO_SECRET =
  /tokens?(?:type|count|limit|usage|budget|details)$|^(?:max|total|prompt|completion|input|output|cached|reasoning)\w*tokens$/;

const PAIR = /(?<![\w.%[\]-])([\w.%[\]-]{1,128})=([^&\s;"'<>\\]+)/g;
const PARAMETER = /([?&#;])([^=&#;]{1,128})=([^&#;]+)/g;
const LINE = /^([ \t]{0,32}[\w.-]{1,128}):[ \t]{1,32}(\S[^\r\n]*)$/gm;
const JSON_NAME = /(?<!\\)(\\{0,7})"([^"\\]{1,128})\\{0,7}"\s{0,64}:\s{0,64}/g;
const ELEMENT = /<([\w:.-]{1,128})(\s[^<>]{0,1024})?>([^<]+)/g;
const FIELD = /<(?:input|meta)\b[^<>]{0,4096}>/gi;
const PART =
  /(name="([^"\r\n]{1,256})"[^\r\n]{0,1024}\r\n(?:[^\r\n]{1,1024}\r\n){0,8}\r\n)([\s\S]*?)(?=\r\n--|$)/g;
const CREDENTIALS = /\b(Bearer|Basic)(\s{1,8})(?=[^\s\d]{0,256}\d)[\w+/=.~-]{8,}/gi;
const WEB_TOKEN = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?/g;

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Whether what bears such a name is nobody else's business. */
export function isSecretName(name: string): boolean {
  const letters = plain(name);
  return (SECRET_PART.test(letters) || SECRET_NAME.test(letters)) && !NO_SECRET.test(letters);
}

/** Attributes of Set-Cookie stay readable; other pairs after the first are cookies too. */
function maskCookie(pair: string, index: number): string {
  if (index > 0 && /^\s*(?:path|domain|expires|max-age|samesite)=/i.test(pair)) return pair;
  return pair.replace(/=[\s\S]*/, `=${MASK}`);
}

/** Value of a header as it may be shown. */
export function maskHeader(name: string, value: string): string {
  if (!isSecretName(name)) return value;
  if (/cookie2?$/i.test(name)) return value.split(';').map(maskCookie).join(';');
  const scheme = /^(\w+) /.exec(value)?.[1];
  return scheme === undefined ? MASK : `${scheme} ${MASK}`;
}

/**
 * Behind the quote that ends a JSON string; `at` is behind the one that began it, the end of the text where none does. In
 * JSON inside of a string, where quotes have `slashes` backslashes before them (1, 3, 7), one that belongs to the string
 * has more.
 */
function endOfString(text: string, at: number, slashes: number): number {
  for (let end = text.indexOf('"', at); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = 0;
    while (end - before > at && text[end - 1 - before] === '\\') before++;
    if (before % (2 * (slashes + 1)) === slashes) return end + 1;
  }
  return text.length;
}

/** Masks secrets of one request. */
export class Masker {
  readonly #known = new Set<string>();
  #sorted: readonly string[] | undefined;

  /** `known`: values that are secrets wherever they stand. */
  constructor(known: Iterable<string> = []) {
    for (const value of known) this.#learn(value);
  }

  header(name: string, value: string): string {
    const masked = maskHeader(name, value);
    if (masked === value)
      return this.#anywhere(
        /^(?:location|referer|refresh|link|content-location)$/i.test(name) ? this.url(value) : value,
      );
    if (/cookie2?$/i.test(name)) {
      for (const [index, pair] of value.split(';').entries()) {
        if (maskCookie(pair, index) !== pair) this.#learn(pair.slice(pair.indexOf('=') + 1));
      }
      return masked;
    }
    const secret = /^\w+ (.+)$/.exec(value)?.[1] ?? value;
    this.#learn(secret);
    if (/^basic /i.test(value))
      this.#learn(
        Buffer.from(secret, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      );
    return masked;
  }

  url(url: string): string {
    const noUser = url.replace(/^([a-z][\w+.-]*:\/\/)([^/?#@]*)@/i, (_, scheme: string, user: string) => {
      for (const part of user.split(':')) this.#learn(part);
      return `${scheme}${MASK}@`;
    });
    return noUser.replace(PARAMETER, (all, before: string, name: string, value: string) => {
      if (!isSecretName(name) && !SECRET_PARAMETER.test(plain(name))) return all;
      this.#learn(value);
      return `${before}${name}=${MASK}`;
    });
  }

  body(text: string): string {
    return this.#anywhere(this.#json(this.#markup(this.#forms(text))));
  }

  /** After all else: what was masked in one place is masked in this one, too. `cut`: the text is only the beginning. */
  everywhere(text: string, cut = false): string {
    // The longest first: one may be part of another.
    this.#sorted ??= [...this.#known].sort((a, b) => b.length - a.length);
    let masked = text;
    for (const value of this.#sorted) {
      masked = masked.replaceAll(value, MASK);
      if (!cut) continue;
      for (let length = value.length - 1; length >= LEAST_KNOWN / 2; length--) {
        if (!masked.endsWith(value.slice(0, length))) continue;
        masked = masked.slice(0, -length) + MASK;
        break;
      }
    }
    return masked;
  }

  #learn(value: string): void {
    const text = value.trim();
    if (text.length < LEAST_KNOWN || this.#known.size >= MOST_KNOWN) return;
    // `password` is no secret, though many a demo's.
    if (/^[a-z]+$/i.test(text) && isSecretName(text)) return;
    this.#sorted = undefined;
    this.#known.add(text);
    const escaped = JSON.stringify(text).slice(1, -1);
    if (escaped !== text) this.#known.add(escaped);
    try {
      const decoded = decodeURIComponent(text);
      if (decoded.length >= LEAST_KNOWN) this.#known.add(decoded);
      this.#known.add(encodeURIComponent(decoded));
    } catch {
      // A text with a lone percent sign or half a surrogate pair has no other form.
    }
  }

  #secret(value: string): string {
    this.#learn(value);
    return MASK;
  }

  #anywhere(text: string): string {
    return text
      .replace(CREDENTIALS, `$1$2${MASK}`)
      .replace(WEB_TOKEN, (value) => this.#secret(value))
      .replace(PRIVATE_KEY, MASK);
  }

  #forms(text: string): string {
    const pairs = text
      .replace(PART, (all, head: string, name: string, value: string) =>
        isSecretName(name) && value !== '' ? head + this.#secret(value) : all,
      )
      .replace(PAIR, (all, name: string, value: string) =>
        isSecretName(name) ? `${name}=${this.#secret(value)}` : all,
      );
    return pairs.replace(LINE, (all, name: string, value: string) =>
      isSecretName(name) ? `${name}: ${this.#secret(value)}` : all,
    );
  }

  #markup(text: string): string {
    if (!text.includes('<')) return text;
    return text
      .replace(ELEMENT, (all, name: string, attributes: string | undefined, value: string) =>
        isSecretName(name) && value.trim() !== ''
          ? `<${name}${attributes ?? ''}>${this.#secret(value)}`
          : all,
      )
      .replace(FIELD, (tag) => {
        const name = /\b(?:name|id)\s?=\s?["']?([\w.[\]:-]{1,128})/i.exec(tag)?.[1] ?? '';
        if (!isSecretName(name) && !/\btype\s?=\s?["']?password/i.test(tag)) return tag;
        return tag.replace(
          /\b(value|content)(\s?=\s?)("[^"]*"|'[^']*'|[^\s>]+)/gi,
          (_, key: string, equals: string, value: string) =>
            `${key}${equals}"${this.#secret(value.replace(/^["']|["']$/g, ''))}"`,
        );
      });
  }

  #json(text: string): string {
    let out = '';
    let done = 0;
    JSON_NAME.lastIndex = 0;
    for (let found = JSON_NAME.exec(text); found !== null; found = JSON_NAME.exec(text)) {
      const [, slashes = '', name = ''] = found;
      if (!isSecretName(name)) continue;
      const at = JSON_NAME.lastIndex;
      const { masked, end } = this.#value(text, at, `${slashes}"`, name);
      out += text.slice(done, at) + masked;
      done = end;
      JSON_NAME.lastIndex = end;
    }
    return done === 0 ? text : out + text.slice(done);
  }

  /** The value at `at`, masked, and where it ends: text and numbers at any depth, but neither names nor true, false, null. */
  #value(
    text: string,
    at: number,
    quote: string,
    name: string,
  ): { readonly masked: string; readonly end: number } {
    let masked = '';
    let depth = 0;
    let end = at;
    while (end < text.length) {
      const char = text[end] as string;
      if (text.startsWith(quote, end)) {
        const close = endOfString(text, end + quote.length, quote.length - 1);
        const isName = depth > 0 && /^\s{0,64}:/.test(text.slice(close, close + 65));
        if (isName) masked += text.slice(end, close);
        else {
          const closed = close - quote.length > end && text.startsWith(quote, close - quote.length);
          masked += `${quote}${this.#secret(text.slice(end + quote.length, closed ? close - quote.length : close))}${quote}`;
        }
        end = close;
      } else if (char === '{' || char === '[') {
        depth++;
        masked += char;
        end++;
      } else if (char === '}' || char === ']') {
        if (depth === 0) break;
        depth--;
        masked += char;
        end++;
      } else if (/[-\d]/.test(char)) {
        const number = /^-?[\d.eE+-]*/.exec(text.slice(end, end + 64))?.[0] ?? char;
        masked += plain(name).endsWith('tokens') ? number : `${quote}${MASK}${quote}`;
        end += Math.max(1, number.length);
      } else {
        if (depth === 0 && !/[a-z]/.test(char)) break;
        masked += char;
        end++;
        continue;
      }
      if (depth === 0) break;
    }
    return { masked, end };
  }
}
