/** What a page's forms and links ask for: method, URL and body of the next request. */

import type { ClickLink, FormValue, SubmitForm } from '../http/types.ts';
import { formPairs, type Pair } from './fields.ts';
import type { Selection } from './selection.ts';

type Fields = Record<string, FormValue>;

export interface FormRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: FormData | Fields | undefined;
}

/** Absolute, by the page's `<base href>` where it has one. */
function resolve(page: Selection, pageUrl: string, href: string): string {
  const base = page.find('base[href]').attr('href');
  const url = new URL(href.trim(), base === undefined ? pageUrl : new URL(base, pageUrl));
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`${url.protocol} cannot be requested: ${href}`);
  url.hash = '';
  return url.href;
}

/** Fields by name in the page's order; those of one name as a list. */
function fieldsOf(pairs: readonly Pair[], given: NonNullable<SubmitForm['fields']>): Fields {
  // Names are the page's: none of them may meet a prototype.
  const fields = Object.create(null) as Record<string, FormValue>;
  for (const [name, value] of pairs) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else fields[name] = [...(Array.isArray(before) ? (before as string[]) : [before as string]), value];
  }
  for (const [name, value] of Object.entries(given)) fields[name] = value;
  return fields;
}

function* texts(fields: Fields): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (item !== undefined && item !== null) yield [name, String(item as string)];
    }
  }
}

function pressed(
  form: Selection,
  selector: string,
): { readonly button: Selection; readonly pairs: readonly Pair[] } {
  const button = form.find(selector).first();
  const name = button.attr('name', '');
  return { button, pairs: name === '' ? [] : [[name, button.attr('value', '')]] };
}

/**
 * The request that submitting a form makes. Throws an Error where nothing matches `formSelector`.
 *
 *     method    the button's formmethod, or the form's method; GET unless it is post
 *     URL       the button's formaction, or the form's action, or the page's own
 *     GET       fields become the query, in place of the URL's own
 *     POST      multipart where the form says so or a field is an http.file, else URL-encoded
 */
export function formRequest(page: Selection, pageUrl: string, given: SubmitForm): FormRequest {
  const { formSelector = 'form', submitSelector = '[type=submit]', fields: own = {} } = given;
  const form = page.find(formSelector).first();
  const { element } = form;
  if (element === undefined)
    throw new Error(`submitForm: ${pageUrl} has nothing that matches ${formSelector}`);
  if (element.name !== 'form') {
    throw new Error(
      `submitForm: what matches ${formSelector} on ${pageUrl} is a <${element.name}>, not a <form>`,
    );
  }
  const { button, pairs } = pressed(form, submitSelector);
  const setting = (name: string, otherwise: string): string =>
    button.attr(`form${name}`) ?? form.attr(name, otherwise);
  const url = resolve(page, pageUrl, setting('action', '') || pageUrl);
  const fields = fieldsOf([...formPairs(element), ...pairs], own);
  if (setting('method', 'get').toLowerCase() !== 'post') {
    const target = new URL(url);
    target.search = new URLSearchParams([...texts(fields)] as [string, string][]).toString();
    return { method: 'GET', url: target.href, body: undefined };
  }
  if (setting('enctype', '').toLowerCase() !== 'multipart/form-data')
    return { method: 'POST', url, body: fields };
  const hasFile = Object.values(fields).some(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  if (hasFile) return { method: 'POST', url, body: fields };
  const data = new FormData();
  for (const [name, value] of texts(fields)) data.append(name, value);
  return { method: 'POST', url, body: data };
}

/** Where a link leads. Throws an Error where nothing with an `href` matches. */
export function linkTarget(page: Selection, pageUrl: string, { selector = 'a[href]' }: ClickLink): string {
  const href = page.find(selector).attr('href');
  if (href === undefined) throw new Error(`clickLink: ${pageUrl} has no link that matches ${selector}`);
  return resolve(page, pageUrl, href);
}
