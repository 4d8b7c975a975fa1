/** Light or dark: as the system has it, or as the reader switched it. Charts take their colours from here. */

import { button } from './dom.ts';

export type Theme = 'auto' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const KEY = 'brunt-theme';

const listeners = new Set<() => void>();

/** Called whenever colours have changed: by the switch, by the system, and for paper. */
export function onColors(listener: () => void): void {
  listeners.add(listener);
}

function changed(): void {
  for (const listener of listeners) listener();
}

/** A colour of the style sheet, such as `accent`. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Storage may be forbidden to a page from a file. */
function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

function apply(theme: Theme): void {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
}

/** The switch. */
export function themeButton(): HTMLElement {
  let theme = stored();
  apply(theme);
  const element = button('', { class: 'theme' }, () => {
    theme = NEXT[theme];
    apply(theme);
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It then lasts as long as the page.
    }
    show();
    changed();
  });
  const show = (): void => {
    const text = theme === 'auto' ? 'Auto' : theme === 'light' ? 'Light' : 'Dark';
    element.textContent = text;
    element.setAttribute('aria-label', `Colours: ${text}. Switch`);
    element.title = 'Colours: as the system, light, dark';
  };
  show();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  matchMedia('print').addEventListener('change', changed);
  addEventListener('beforeprint', changed);
  addEventListener('afterprint', changed);
  return element;
}
