/** A part of the page with a heading that can be linked to. */

import type { PageData } from '../model.ts';
import { append, type Child, h } from './dom.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: HTMLElement;
  /** Shows the data; false where there is nothing to show, and the section is left out. */
  update(data: PageData): boolean;
}

function focusables(content: HTMLElement): Element[] {
  return [...content.querySelectorAll('a, button, summary, select, [tabindex]')];
}

function scrollPlaces(content: HTMLElement): readonly number[] {
  return [...content.querySelectorAll('.frame')].map(({ scrollLeft }) => scrollLeft);
}

/**
 * A section that is drawn anew, but only when what it is drawn from has changed: `source` gives that, undefined for
 * nothing to show.
 */
export function drawnSection<T>(
  id: string,
  title: string,
  source: (data: PageData) => T | undefined,
  draw: (source: T, data: PageData) => Child,
): Section {
  const content = h('div');
  let shown: string | undefined;
  return {
    id,
    title,
    content,
    update: (data) => {
      const now = source(data);
      if (now === undefined) return false;
      const text = JSON.stringify(now);
      if (text !== shown) {
        shown = text;
        const opened = new Set(
          [...content.querySelectorAll('details[open]')]
            .map((element) => element.id)
            .filter((one) => one !== ''),
        );
        const places = scrollPlaces(content);
        const focused = focusables(content).indexOf(document.activeElement as Element);
        content.textContent = '';
        append(content, [draw(now, data)]);
        for (const element of content.querySelectorAll('details'))
          if (opened.has(element.id)) element.open = true;
        for (const [i, element] of content.querySelectorAll('.frame').entries())
          element.scrollLeft = places[i] ?? 0;
        if (focused >= 0)
          (focusables(content)[focused] as HTMLElement | undefined)?.focus({ preventScroll: true });
      }
      return true;
    },
  };
}
