/** What a verb is outside of a run: something that says how it is used when it is touched. */

function refuse(name: string): never {
  throw new Error(
    `'${name}' of brunt was used outside of a test: it works in a script that is run by 'brunt run script.ts', where every virtual user gets its own`,
  );
}

/** Stands for the export `name` in a process that is not a worker of a run; any use throws. */
export function outside<T extends object>(name: string): T {
  return new Proxy((() => undefined) as unknown as T, {
    apply: () => refuse(name),
    construct: () => refuse(name),
    // Whoever only looks (a test runner that prints exports, a promise check) is let through.
    get: (_, key) =>
      typeof key === 'symbol' || key === 'then' || key === 'toJSON' ? undefined : refuse(name),
  });
}
