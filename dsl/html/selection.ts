/** Parts of a page, found with CSS selectors: what jQuery and k6's `Selection` are, read-only. */

import type { AnyNode, Element } from 'domhandler';
import { controlValue, formPairs, type Pair } from './fields.ts';
import { htmlLibraries } from './library.ts';

type Test = string | ((index: number, element: Selection) => boolean) | Selection;

function isElement(node: AnyNode): node is Element {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

/** What css-select says of a selector, with the selector. */
function selecting<T>(selector: unknown, select: () => T): T {
  if (typeof selector !== 'string') {
    throw new TypeError(
      `html: a CSS selector was expected, not ${selector === null ? 'null' : typeof selector}`,
    );
  }
  try {
    return select();
  } catch (cause) {
    throw new SyntaxError(
      `html: ${JSON.stringify(selector)} is not a CSS selector: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * A list of elements in the page's order. Looking never changes it: `find`, `filter` and all others give a new one.
 * What asks for one value (`attr`, `val`, `html`) means the first element; `text` is that of all.
 */
export class Selection implements Iterable<Selection> {
  readonly #nodes: readonly AnyNode[];

  /** @internal */
  constructor(nodes: readonly AnyNode[]) {
    this.#nodes = nodes;
  }

  /** @internal The first element, for forms and links. */
  get element(): Element | undefined {
    return this.#nodes.find(isElement);
  }

  /** Number of elements. */
  get length(): number {
    return this.#nodes.length;
  }

  size(): number {
    return this.#nodes.length;
  }

  /** One Selection per element. */
  *[Symbol.iterator](): Iterator<Selection> {
    for (const node of this.#nodes) yield new Selection([node]);
  }

  toArray(): Selection[] {
    return [...this];
  }

  /** Descendants that match. Throws SyntaxError for what is no selector. */
  find(selector: string): Selection {
    const { css, dom } = htmlLibraries();
    const inside = this.#nodes.flatMap((node) => ('children' in node ? node.children : []));
    const found = selecting(selector, () =>
      css.selectAll<AnyNode, Element>(selector, inside, { context: [...this.#nodes] }),
    );
    return new Selection(this.#nodes.length > 1 ? dom.uniqueSort(found) : found);
  }

  /** Those that match a selector, that a function says yes to, or that are in another selection. */
  filter(test: Test): Selection {
    return new Selection(this.#nodes.filter(this.#tester(test)));
  }

  /** Those that `filter` would leave out. */
  not(test: Test): Selection {
    const matches = this.#tester(test);
    return new Selection(this.#nodes.filter((node, i) => !matches(node, i)));
  }

  /** Those with a descendant that matches. */
  has(selector: string): Selection {
    return new Selection(this.#nodes.filter((node) => new Selection([node]).find(selector).length > 0));
  }

  /** Whether one of them matches. */
  is(test: Test): boolean {
    return this.#nodes.some(this.#tester(test));
  }

  first(): Selection {
    return this.eq(0);
  }

  last(): Selection {
    return this.eq(-1);
  }

  /** The one at a place, from 0; negative ones count from the end. Empty where there is none. */
  eq(index: number): Selection {
    const node = this.#nodes.at(index);
    return new Selection(node === undefined ? [] : [node]);
  }

  /** As `eq`, but undefined where there is none. */
  get(index: number): Selection | undefined {
    const one = this.eq(index);
    return one.length === 0 ? undefined : one;
  }

  slice(start: number, end?: number): Selection {
    return new Selection(this.#nodes.slice(start, end));
  }

  /** Calls the function for each, in order, with its index and itself; `false` ends it. */
  each(fn: (index: number, element: Selection) => unknown): this {
    let index = 0;
    for (const element of this) if (fn(index++, element) === false) break;
    return this;
  }

  map<T>(fn: (index: number, element: Selection) => T): T[] {
    return this.toArray().map((element, index) => fn(index, element));
  }

  children(selector?: string): Selection {
    return this.#related((node) => ('children' in node ? node.children.filter(isElement) : []), selector);
  }

  parent(selector?: string): Selection {
    return this.#related((node) => ancestors(node).slice(-1), selector);
  }

  /** All elements around, the innermost last (in the page's order). */
  parents(selector?: string): Selection {
    return this.#related(ancestors, selector);
  }

  /** For each, the nearest that matches, itself or around it. */
  closest(selector: string): Selection {
    const matches = this.#tester(selector);
    return this.#related((node) => {
      const found = [...ancestors(node), node].findLast((each) => matches(each, 0));
      return found === undefined ? [] : [found as Element];
    });
  }

  next(selector?: string): Selection {
    return this.#related((node) => after(node).slice(0, 1), selector);
  }

  nextAll(selector?: string): Selection {
    return this.#related(after, selector);
  }

  prev(selector?: string): Selection {
    return this.#related((node) => before(node).slice(-1), selector);
  }

  prevAll(selector?: string): Selection {
    return this.#related(before, selector);
  }

  siblings(selector?: string): Selection {
    return this.#related((node) => [...before(node), ...after(node)], selector);
  }

  /** An attribute of the first element. */
  attr(name: string): string | undefined;
  attr(name: string, otherwise: string): string;
  attr(name: string, otherwise?: string): string | undefined {
    return this.element?.attribs[name.toLowerCase()] ?? otherwise;
  }

  /** A `data-…` attribute of the first element; without a key, all of them. Keys in camel case. */
  data(): Record<string, string>;
  data(key: string): string | undefined;
  data(key?: string): string | undefined | Record<string, string> {
    const { attribs = {} } = this.element ?? {};
    if (key !== undefined) return attribs[`data-${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`];
    const all: Record<string, string> = {};
    for (const [name, value] of Object.entries(attribs)) {
      if (!name.startsWith('data-')) continue;
      all[name.slice(5).replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())] = value;
    }
    return all;
  }

  /** Text of all elements and what is inside of them, with the page's white space. */
  text(): string {
    return htmlLibraries().dom.textContent([...this.#nodes]);
  }

  /** What is inside of the first element, as HTML; undefined where there is none. */
  html(): string | undefined {
    const [first] = this.#nodes;
    if (first === undefined || !('children' in first)) return undefined;
    return htmlLibraries().render(first.children);
  }

  /** The elements themselves as HTML. */
  outerHtml(): string {
    return htmlLibraries().render([...this.#nodes]);
  }

  /** Tag name of the first element, lower case. */
  nodeName(): string | undefined {
    return this.element?.name;
  }

  /** Value of the first control; a list for a `select` of several; undefined for what has no value. */
  val(): string | readonly string[] | undefined {
    const { element } = this;
    return element === undefined ? undefined : controlValue(element);
  }

  /** What the form (or the controls) would send, as a query: `a=1&b=2`. Without buttons and files. */
  serialize(): string {
    return new URLSearchParams(this.#pairs() as [string, string][]).toString();
  }

  serializeArray(): { name: string; value: string }[] {
    return this.#pairs().map(([name, value]) => ({ name, value }));
  }

  /** Values by name; of several with one name the last. */
  serializeObject(): Record<string, string> {
    return Object.fromEntries(this.#pairs());
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const names = this.#nodes.slice(0, 5).map((node) => (isElement(node) ? `<${node.name}>` : node.type));
    return `Selection(${this.length}) [${names.join(', ')}${this.length > 5 ? ', …' : ''}]`;
  }

  #pairs(): Pair[] {
    return this.#nodes.filter(isElement).flatMap(formPairs);
  }

  #related(from: (node: AnyNode) => Element[], selector?: string): Selection {
    const found = this.#nodes.flatMap(from);
    const related = new Selection(this.#nodes.length > 1 ? htmlLibraries().dom.uniqueSort(found) : found);
    return selector === undefined ? related : related.filter(selector);
  }

  #tester(test: Test): (node: AnyNode, index: number) => boolean {
    if (typeof test === 'function') return (node, index) => test(index, new Selection([node]));
    if (test instanceof Selection) {
      const wanted = new Set(test.#nodes);
      return (node) => wanted.has(node);
    }
    const matches = selecting(test, () => htmlLibraries().css.compile<AnyNode, Element>(test));
    return (node) => isElement(node) && matches(node);
  }
}

/** Outermost first. */
function ancestors(node: AnyNode): Element[] {
  const found: Element[] = [];
  for (let up = node.parent; up !== null; up = up.parent) if (isElement(up)) found.unshift(up);
  return found;
}

function before(node: AnyNode): Element[] {
  const found: Element[] = [];
  for (let other = node.prev; other !== null; other = other.prev) if (isElement(other)) found.unshift(other);
  return found;
}

function after(node: AnyNode): Element[] {
  const found: Element[] = [];
  for (let other = node.next; other !== null; other = other.next) if (isElement(other)) found.push(other);
  return found;
}

/**
 * Parses a page or a piece of one. Forgiving, as browsers are, but nothing is added: what has no `<body>` gets none.
 * The Selection stands for the document; `find` is how to go on.
 */
export function parseHtml(text: string): Selection {
  if (typeof text !== 'string') {
    throw new TypeError(`parseHTML: a text was expected, not ${text === null ? 'null' : typeof text}`);
  }
  return new Selection([htmlLibraries().parser.parseDocument(text)]);
}
