/**
 * What a form would send: its "entry list" (HTML standard, 4.10.22), without files.
 *
 *     input, textarea    its value; checkboxes and radio buttons only where checked (default value `on`)
 *     select             the value of each selected option; a single choice without one has its first
 *     button, submit, reset, image, file, disabled controls, those in a disabled fieldset, those without a name: nothing
 */

import type { Element } from 'domhandler';
import { htmlLibraries } from './library.ts';

export type Pair = readonly [name: string, value: string];

const SILENT = new Set(['submit', 'button', 'reset', 'image', 'file']);

function optionValue(option: Element): string {
  return option.attribs.value ?? htmlLibraries().dom.textContent(option).trim().replace(/\s+/g, ' ');
}

/** Values of the chosen options. */
export function chosenOptions(select: Element): string[] {
  const { css } = htmlLibraries();
  const options = css.selectAll('option', select.children) as Element[];
  const usable = options.filter((option) => option.attribs.disabled === undefined);
  const chosen = usable.filter((option) => option.attribs.selected !== undefined);
  if (select.attribs.multiple !== undefined) return chosen.map(optionValue);
  const one = chosen.at(-1) ?? usable[0];
  return one === undefined ? [] : [optionValue(one)];
}

/** The value of a control, as `val()` gives it; undefined for what has none. */
export function controlValue(element: Element): string | readonly string[] | undefined {
  const { attribs, name } = element;
  switch (name) {
    case 'textarea':
      // The parser keeps the line end after the tag, which is not part of the value.
      return htmlLibraries()
        .dom.textContent(element)
        .replace(/^\r?\n/, '');
    case 'select':
      return attribs.multiple === undefined ? (chosenOptions(element)[0] ?? '') : chosenOptions(element);
    case 'input':
      if (attribs.type === 'checkbox' || attribs.type === 'radio') return attribs.value ?? 'on';
      return attribs.value ?? '';
    case 'option':
      return optionValue(element);
    default:
      return attribs.value;
  }
}

function isDisabled(element: Element): boolean {
  if (element.attribs.disabled !== undefined) return true;
  for (let up = element.parent; up !== null; up = up.parent) {
    if (up.type === 'tag' && up.name === 'fieldset' && up.attribs.disabled !== undefined) return true;
  }
  return false;
}

function* pairsOf(control: Element): Generator<Pair> {
  const { name = '', type = '' } = control.attribs;
  if (name === '' || isDisabled(control)) return;
  if (control.name === 'select') {
    for (const value of chosenOptions(control)) yield [name, value];
    return;
  }
  if (control.name === 'button') return;
  if (control.name === 'input') {
    const kind = type.toLowerCase();
    if (SILENT.has(kind)) return;
    if ((kind === 'checkbox' || kind === 'radio') && control.attribs.checked === undefined) return;
  }
  yield [name, controlValue(control) as string];
}

const CONTROLS = 'input, select, textarea';

/** Controls inside of the element, and those elsewhere on the page that name it by their `form` attribute. */
function controlsOf(element: Element): Element[] {
  const { css, dom } = htmlLibraries();
  const inside = css.selectAll(CONTROLS, element.children) as Element[];
  const id = element.name === 'form' ? element.attribs.id : undefined;
  if (id === undefined) return inside.filter((control) => control.attribs.form === undefined);
  let root: Element['parent'] | Element = element;
  while (root.parent !== null) root = root.parent;
  const named = (css.selectAll('[form]', root) as Element[]).filter(
    (control) => control.attribs.form === id && css.is(control, CONTROLS),
  );
  const own = inside.filter((control) => (control.attribs.form ?? id) === id);
  return dom.uniqueSort([...own, ...named]) as Element[];
}

/** Name and value of every control that counts, in the page's order. */
export function formPairs(element: Element): Pair[] {
  const controls = element.name === 'form' || element.children.length > 0 ? controlsOf(element) : [];
  const self = /^(?:input|select|textarea)$/.test(element.name) ? [element] : [];
  return [...self, ...controls].flatMap((control) => [...pairsOf(control)]);
}
