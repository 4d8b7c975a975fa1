/**
 * A VU's cookies, with k6's methods. The rules (domains, paths, expiry, Secure) are tough-cookie's, which is loaded
 * at the first cookie only: most scripts have none.
 */

import { createRequire } from 'node:module';
import type { CookieJar as Rules } from 'tough-cookie';

type ToughCookie = typeof import('tough-cookie');

let tough: ToughCookie | undefined;

function loadRules(): ToughCookie {
  tough ??= createRequire(import.meta.url)('tough-cookie') as ToughCookie;
  return tough;
}

export interface CookieOptions {
  readonly domain?: string;
  readonly path?: string;
  /** A date as text, milliseconds since 1970, or a Date. */
  readonly expires?: string | number | Date;
  /** Seconds. */
  readonly maxAge?: number;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** k6's spelling of `maxAge` and `httpOnly`. */
  readonly max_age?: number;
  readonly http_only?: boolean;
}

/** Cookie headers remembered per URL; cleared whenever a cookie comes, goes or expires. */
const HEADERS_LIMIT = 256;

export class CookieJar {
  #rules: Rules | undefined;
  readonly #headers = new Map<string, string>();
  #earliestExpiry = Number.POSITIVE_INFINITY;

  /** Values of the cookies that a request to `url` would carry, by name. */
  cookiesForURL(url: string): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const cookie of this.#rules?.getCookiesSync(url) ?? []) {
      found[cookie.key] ??= [];
      (found[cookie.key] as string[]).push(cookie.value);
    }
    return found;
  }

  /** Sets a cookie as if `url` had answered with it. Throws TypeError where the rules forbid it (a foreign domain). */
  set(url: string, name: string, value: string, options: CookieOptions = {}): void {
    const { Cookie } = loadRules();
    const maxAge = options.maxAge ?? options.max_age;
    const cookie = new Cookie({
      key: name,
      value: String(value),
      ...(options.domain === undefined ? {} : { domain: options.domain.replace(/^\./, '') }),
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.expires === undefined ? {} : { expires: new Date(options.expires) }),
      ...(maxAge === undefined ? {} : { maxAge }),
      secure: options.secure ?? false,
      httpOnly: options.httpOnly ?? options.http_only ?? false,
    });
    try {
      this.#jar().setCookieSync(cookie, url);
    } catch (cause) {
      throw new TypeError(`the cookie ${name} cannot be set for ${url}: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#remember(cookie.expiryTime());
  }

  /** Deletes the cookie of that name that a request to `url` would carry. */
  delete(url: string, name: string): void {
    this.#remove(url, (key) => key === name);
  }

  /** Deletes the cookies that a request to `url` would carry; without a URL, all. */
  clear(url?: string): void {
    if (url !== undefined) {
      this.#remove(url, () => true);
      return;
    }
    if (this.#rules === undefined) return;
    this.#rules = undefined;
    this.#headers.clear();
    this.#earliestExpiry = Number.POSITIVE_INFINITY;
  }

  /** @internal Takes in a response's Set-Cookie headers; what the rules forbid is ignored, as browsers do. */
  store(url: string, setCookies: readonly string[]): void {
    for (const text of setCookies) {
      const cookie = this.#jar().setCookieSync(text, url, { ignoreError: true });
      if (cookie !== undefined) this.#remember(cookie.expiryTime());
    }
  }

  /** @internal Value of the Cookie header for a URL; empty where there is none. */
  header(url: string): string {
    if (this.#rules === undefined) return '';
    if (this.#earliestExpiry !== Number.POSITIVE_INFINITY && Date.now() >= this.#earliestExpiry) {
      this.#headers.clear();
      // Which one expires next is not kept: from now on the headers are made anew once a second.
      this.#earliestExpiry = Date.now() + 1000;
    }
    const query = url.indexOf('?');
    const place = query === -1 ? url : url.slice(0, query);
    let text = this.#headers.get(place);
    if (text === undefined) {
      text = this.#rules.getCookieStringSync(place);
      if (this.#headers.size >= HEADERS_LIMIT) this.#headers.clear();
      this.#headers.set(place, text);
    }
    return text;
  }

  #jar(): Rules {
    // Test systems live on made-up domains: the list of public suffixes would refuse their cookies.
    this.#rules ??= new (loadRules().CookieJar)(undefined, { looseMode: true, rejectPublicSuffixes: false });
    return this.#rules;
  }

  #remember(expiry: number | undefined): void {
    this.#headers.clear();
    if (expiry !== undefined && expiry < this.#earliestExpiry) this.#earliestExpiry = expiry;
  }

  #remove(url: string, wanted: (key: string) => boolean): void {
    const rules = this.#rules;
    if (rules === undefined) return;
    for (const cookie of rules.getCookiesSync(url)) {
      if (wanted(cookie.key)) {
        rules.store.removeCookie(cookie.domain ?? '', cookie.path ?? '/', cookie.key, () => {});
      }
    }
    this.#headers.clear();
  }
}
