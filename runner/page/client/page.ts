/**
 * The page: head, navigation, sections. It is drawn once by a report, and again and again by a dashboard: what has not
 * changed is left alone, so that focus, scroll and zoom stay where they are.
 */

import type { PageData } from '../model.ts';
import { append, h } from './dom.ts';
import type { Section } from './section.ts';
import { about } from './sections/about.ts';
import { capacitySection } from './sections/capacity.ts';
import { checks, errors, metrics } from './sections/checks.ts';
import { comparison } from './sections/comparison.ts';
import { courseSection } from './sections/course.ts';
import { distributionSection } from './sections/distribution.ts';
import { generatorSection } from './sections/generator.ts';
import { createHead } from './sections/head.ts';
import { groups, requests, scenarios } from './sections/requests.ts';
import { thresholds } from './sections/thresholds.ts';
import { traces } from './sections/traces.ts';
import { themeButton } from './theme.ts';

export interface Page {
  update(data: PageData): void;
}

interface Placed {
  readonly section: Section;
  readonly element: HTMLElement;
  readonly link: HTMLElement;
}

function place(section: Section): Placed {
  const { id, title, content } = section;
  const heading = h(
    'h2',
    {},
    h('a', { href: `#${id}`, 'aria-label': `${title}: link to this section` }, title),
  );
  return {
    section,
    element: h('section', { id, 'aria-label': title, tabindex: -1, hidden: true }, heading, content),
    link: h('a', { href: `#${id}`, hidden: true }, title),
  };
}

/** Marks the section that is read in the navigation. */
function followReading(places: readonly Placed[]): void {
  const seen = new Set<Element>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) seen.add(target);
        else seen.delete(target);
      }
      const current = places.find(({ element }) => seen.has(element));
      for (const { link, element } of places) {
        if (element === current?.element) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    { rootMargin: '-20% 0px -60% 0px' },
  );
  for (const { element } of places) observer.observe(element);
}

/** Sections that only a run under way has. */
export interface MoreSections {
  readonly first: readonly Section[];
  readonly last: readonly Section[];
}

/** Fills `root`. */
export function createPage(root: HTMLElement, more: MoreSections = { first: [], last: [] }): Page {
  const head = createHead();
  const places = [
    ...more.first,
    thresholds,
    comparison,
    capacitySection(),
    courseSection(),
    requests,
    distributionSection(),
    scenarios,
    groups,
    checks,
    errors,
    traces,
    metrics,
    generatorSection(),
    ...more.last,
    about,
  ].map(place);
  const nav = h(
    'nav',
    { 'aria-label': 'Sections' },
    h(
      'div',
      { class: 'links' },
      h('a', { href: '#verdict' }, 'Verdict'),
      places.map(({ link }) => link),
    ),
    themeButton(),
  );
  root.textContent = '';
  append(root, [
    h('a', { href: '#main', class: 'skip' }, 'Skip to the result'),
    nav,
    h(
      'main',
      { id: 'main', tabindex: -1 },
      head.element,
      places.map(({ element }) => element),
    ),
  ]);
  followReading(places);
  let first = true;
  return {
    update: (data) => {
      head.update(data);
      for (const { section, element, link } of places) {
        // Charts need a place with a width.
        element.hidden = false;
        const shown = section.update(data);
        element.hidden = !shown;
        link.hidden = !shown;
      }
      // The browser looked for it before it was there.
      if (first && location.hash.length > 1)
        document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
      first = false;
    },
  };
}
