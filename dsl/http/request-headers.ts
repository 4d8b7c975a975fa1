/** Headers as they go out: those of the plan, with what cookies and the URL's user and password add. */

import type { Plan } from './params.ts';

export function requestHeaders(
  headers: Plan['headers'],
  cookies: string,
  authorization: string | undefined,
): Plan['headers'] {
  if (cookies === '' && authorization === undefined) return headers;
  const all = [...headers];
  if (authorization !== undefined) all.push('authorization', authorization);
  if (cookies !== '') {
    const own = all.findIndex((name, i) => i % 2 === 0 && String(name).toLowerCase() === 'cookie');
    if (own === -1) all.push('cookie', cookies);
    else all[own + 1] = `${String(all[own + 1])}; ${cookies}`;
  }
  return all;
}

/** Adds a request's own cookies to those of the jar; `replace` takes the place of the jar's of that name. */
export function withCookies(header: string, cookies: NonNullable<Plan['cookies']>): string {
  let parts = header === '' ? [] : header.split('; ');
  for (const [name, cookie] of Object.entries(cookies)) {
    const { value, replace } = typeof cookie === 'string' ? { value: cookie, replace: false } : cookie;
    if (replace === true) parts = parts.filter((part) => !part.startsWith(`${name}=`));
    parts.push(`${name}=${value}`);
  }
  return parts.join('; ');
}
