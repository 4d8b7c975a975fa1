/** A place in the options as users write them: `['scenarios', 'buy', 'stages', 0, 'target']`; `[]` is the whole. */
export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** `scenarios.buy.stages[0].target`; keys that are no plain words stand in brackets and quotes. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!PLAIN_KEY.test(part)) text += `['${part}']`;
    else text += text === '' ? part : `.${part}`;
  }
  return text === '' ? 'options' : text;
}
