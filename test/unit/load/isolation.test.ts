import { describe, expect, test } from 'vitest';
import { userStack } from '../../../workers/load/stack.ts';
import { call, errorOf, fakeHost, instance, project } from '../bundle/project.ts';

describe('what a VU has for itself', () => {
  test('module-level variables, also of imported files; packages are shared within the thread', async () => {
    const { load } = project({
      'node_modules/counter/package.json': '{ "name": "counter", "version": "1.0.0" }',
      'node_modules/counter/index.js': 'let n = 0; exports.next = () => ++n;',
      'node_modules/esm-counter/package.json':
        '{ "name": "esm-counter", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
      'node_modules/esm-counter/i.js': 'let n = 0; export const next = () => ++n;',
      'lib.ts': 'let n = 0; export const lib = () => ++n;',
      'script.ts': `import { next } from 'counter'; import { next as esm } from 'esm-counter'; import { lib } from './lib';
        let own = 0; class Kept { static n = 0; }
        export default () => ({ own: ++own, lib: lib(), kept: ++Kept.n, shared: next(), sharedEsm: esm() });`,
    });
    const script = await load('script.ts');
    const [one, two] = [instance(script), instance(script)];
    expect(call(one)).toEqual({ own: 1, lib: 1, kept: 1, shared: 1, sharedEsm: 1 });
    expect(call(two)).toEqual({ own: 1, lib: 1, kept: 1, shared: 2, sharedEsm: 2 });
    expect(call(one)).toEqual({ own: 2, lib: 2, kept: 2, shared: 3, sharedEsm: 3 });
  });

  test('JSON imports and relative import() are private, exports are live', async () => {
    const { load } = project({
      'data.json': '{ "list": [1] }',
      'later.ts': 'let n = 0; export const later = () => ++n;',
      'script.ts': `import data from './data.json';
        export let seen = 0;
        export default async () => { seen = data.list.push(2); return (await import('./later')).later(); };`,
    });
    const script = await load('script.ts');
    const [one, two] = [instance(script), instance(script)];
    expect(await call(one)).toBe(1);
    expect(await call(one)).toBe(2);
    expect(one.seen).toBe(3);
    expect(await call(two)).toBe(1);
    expect(two.seen).toBe(2);
  });
});

describe('names imported from brunt', () => {
  test('one that does not exist is refused before the code runs, with its place', async () => {
    const made = project({
      'lib.ts': '\nimport { http } from "brunt";\nexport const get = () => http.get();',
      'script.ts':
        'import { vuId, vuIdd, slepp } from "brunt";\nimport { get } from "./lib";\nexport default () => [vuId(), vuIdd(), slepp(), get()];',
    });
    const script = await made.load('script.ts');
    const error = await errorOf(() => instance(script));
    expect(error.exitCode).toBe(107);
    expect(error.message).toBe('brunt exports no "vuIdd"; brunt exports no "slepp"');
    expect(error.hint).toBe('it exports http, vuId');
    expect(error.frame).toContain('> 3 | export default');
    expect(error.problems.map(({ location }) => location)).toEqual([
      { file: made.path('script.ts'), line: 3, column: 31 },
      { file: made.path('script.ts'), line: 3, column: 40 },
    ]);
  });

  test('a wrong member of a right name is told by its own name when called', async () => {
    const { load } = project({
      'script.ts': 'import { http } from "brunt"; export default () => (http as any).gett("x");',
      'node_modules/lib/package.json': '{ "name": "lib", "version": "1.0.0" }',
      'node_modules/lib/index.js': '',
      'other.ts': 'import { nope } from "lib"; export default () => nope(1);',
    });
    const thrown = async (name: string): Promise<string> => {
      const module = instance(await load(name));
      try {
        call(module);
      } catch (error) {
        return userStack(error, '/').message;
      }
      return 'nothing';
    };
    expect(await thrown('script.ts')).toBe('TypeError: http.gett is not a function');
    expect(await thrown('other.ts')).toBe('TypeError: nope is not a function');
  });
});

describe('console', () => {
  test('goes to the host with its level, formatted, and stays bound', async () => {
    const { load } = project({
      'script.ts': `export default () => {
        console.log('a %d', 1, { b: 2 });
        const { warn } = console; warn('w');
        ['e'].forEach(console.error);
        console.debug('two\\nlines'); console.group('g'); console.info('in'); console.groupEnd(); console.table([{ a: 1 }]);
        console.assert(false, 'wrong');
      };`,
    });
    const host = fakeHost();
    call(instance(await load('script.ts'), host));
    expect(host.lines.slice(0, 6)).toEqual([
      'info: a 1 { b: 2 }',
      'warn: w',
      "error: e 0 [ 'e' ]",
      'debug: two\nlines',
      'info: g',
      'info:   in',
    ]);
    expect(host.lines[6]).toMatch(/^info: ┌/);
    expect(host.lines[7]).toBe('error: Assertion failed: wrong');
  });
});

describe('code that throws while it is loaded', () => {
  test('the place and stack are the user’s, two files deep', async () => {
    const made = project({
      'lib/config.ts':
        'interface Config { a: number }\n\nexport function read(): Config {\n  throw new TypeError("no config");\n}\n',
      'script.ts':
        'import { read } from "./lib/config";\n\nexport const config = read();\nexport default () => config;\n',
    });
    const script = await made.load('script.ts');
    const error = await errorOf(() => instance(script));
    expect(error.exitCode).toBe(107);
    expect(error.code).toBe('SCRIPT_THREW');
    expect(error.message).toBe('the script threw while it was loaded: TypeError: no config');
    expect(error.location).toEqual({ file: made.path('lib/config.ts'), line: 4, column: 9 });
    expect(error.userStack?.split('\n').slice(0, 2)).toEqual([
      'at read (lib/config.ts:4:9)',
      'at script.ts:3:23',
    ]);
    expect(error.userStack).not.toContain('workers/load');
    expect(error.frame).toContain('> 4 |   throw new TypeError("no config");');
  });

  test.each([
    ["'text'", 'text (a thrown string'],
    ['undefined', 'undefined was thrown'],
    ['null', 'null was thrown'],
    ['{ status: 500, deep: { er: { and: 1 } } }', '{ status: 500, deep: { er: [Object] } } was thrown'],
    ['new Error("outer", { cause: new TypeError("inner") })', 'outer; cause: TypeError: inner'],
    ['new AggregateError([new Error("a"), "b"], "both")', 'AggregateError: both (a; b'],
    ['new Error("")', 'loaded: Error'],
    ['new Proxy({}, { get() { throw 1; } })', 'cannot be inspected'],
  ])('throw %s', async (value, text) => {
    const script = await project({ 'script.ts': `throw ${value};\nexport default () => {};` }).load(
      'script.ts',
    );
    expect((await errorOf(() => instance(script))).message).toContain(text);
  });

  test('a package that throws: its frames and the import that led there', async () => {
    const made = project({
      'node_modules/bad/package.json': '{ "name": "bad", "version": "1.0.0" }',
      'node_modules/bad/index.js': '\nthrow new Error("not today");',
      'script.ts': '\nimport { x } from "bad";\nexport default () => x;',
      'node_modules/bad-esm/package.json':
        '{ "name": "bad-esm", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
      'node_modules/bad-esm/i.js': 'throw new Error("nor tomorrow");',
      'esm.ts': 'import { x } from "bad-esm";\nexport default () => x;',
    });
    const script = await made.load('script.ts');
    const error = await errorOf(() => instance(script));
    expect(error.message).toContain('not today');
    expect(error.userStack).toContain('node_modules/bad/index.js:2:7');
    expect(error.location).toMatchObject({ file: made.path('script.ts'), line: 2 });
    const esm = await errorOf(() => made.load('esm.ts'));
    expect(esm.message).toContain('nor tomorrow');
    expect(esm.userStack).toContain('node_modules/bad-esm/i.js:1:7');
  });
});
