/** The parser (htmlparser2) and the selectors (css-select), loaded when the first page is parsed. */

import { createRequire } from 'node:module';

interface Libraries {
  readonly parser: typeof import('htmlparser2');
  readonly css: typeof import('css-select');
  readonly dom: typeof import('domutils');
  readonly render: typeof import('dom-serializer').default;
}

let libraries: Libraries | undefined;

export function htmlLibraries(): Libraries {
  if (libraries === undefined) {
    const load = createRequire(import.meta.url);
    libraries = {
      parser: load('htmlparser2') as Libraries['parser'],
      css: load('css-select') as Libraries['css'],
      dom: load('domutils') as Libraries['dom'],
      render: (load('dom-serializer') as { readonly default: Libraries['render'] }).default,
    };
  }
  return libraries;
}
