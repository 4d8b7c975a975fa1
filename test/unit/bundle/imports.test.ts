import { describe, expect, test } from 'vitest';
import { call, errorOf, fakeHost, instance, project } from './project.ts';

const manifest = (value: object): string => JSON.stringify({ version: '1.0.0', ...value });

describe("the user's own files", () => {
  test('tsconfig paths, missing extensions, folders, JSON and .mjs resolve', async () => {
    const { load, bundle, path } = project({
      'tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"] } } }',
      'src/lib/cart.ts': 'export const cart: string = "cart";',
      'src/users/index.ts': 'export * from "./user"; export { default as data } from "./data.json";',
      'src/users/user.ts': 'export const user = "user" as const;',
      'src/users/data.json': '{ "n": 7 }',
      'src/plain.mjs': 'export const plain = "plain";',
      'src/script.ts': `
        import { cart } from '@lib/cart';
        import { user, data } from './users';
        import { plain } from './plain.mjs';
        import { user as same } from './users/user.js';
        export default () => [cart, user, data.n, plain, same];`,
    });
    expect(call(instance(await load('src/script.ts')))).toEqual(['cart', 'user', 7, 'plain', 'user']);
    const { inputs, entry, scriptDir } = await bundle('src/script.ts');
    expect(entry).toBe(path('src/script.ts'));
    expect(scriptDir).toBe(path('src'));
    expect(inputs[0]).toBe(entry);
    expect([...inputs].sort()).toEqual(
      ['lib/cart.ts', 'plain.mjs', 'script.ts', 'users/data.json', 'users/index.ts', 'users/user.ts'].map(
        (name) => path(`src/${name}`),
      ),
    );
  });

  test('import.meta and __dirname are those of each file, and no line moves', async () => {
    const { load, dir } = project({
      'lib/deep.ts':
        'export const deep = [import.meta.url, import.meta.dirname, import.meta.filename, __dirname];',
      'lib/old.cjs': '#!/usr/bin/env node\n"use strict";\nmodule.exports = [__dirname, __filename];',
      'own.ts':
        'const __dirname = "mine"; export const own = [__dirname, new URL("x.csv", import.meta.url).href];',
      'script.ts': `import { deep } from './lib/deep'; import old from './lib/old.cjs'; import { own } from './own';
        export default () => ({ deep, old, own, here: import.meta.url });`,
    });
    expect(call(instance(await load('script.ts')))).toEqual({
      deep: [`file://${dir}/lib/deep.ts`, `${dir}/lib`, `${dir}/lib/deep.ts`, `${dir}/lib`],
      old: [`${dir}/lib`, `${dir}/lib/old.cjs`],
      own: ['mine', `file://${dir}/x.csv`],
      here: `file://${dir}/script.ts`,
    });
  });

  test('globals of scripts are those of the VU, also in files further down', async () => {
    const { load } = project({
      'lib.ts': 'declare const __VU: number; export const lib = () => [__VU, Math.random()];',
      'script.ts': `import { lib } from './lib';
        declare const __VU: number, __ITER: number, __ENV: Record<string, string>;
        export default () => [__VU, __ITER, __ENV.WHERE, Math.random(), lib()];
        export const shadowed = (Math: { random(): string }, __VU: string) => [Math.random(), __VU];`,
    });
    const host = fakeHost(3);
    const module = instance(await load('script.ts'), host);
    host.context.iteration = 5;
    expect(call(module)).toEqual([3, 5, 'env of VU 3', 0.03, [3, 0.03]]);
    expect(call(module, 'shadowed', { random: () => 'own' }, 'arg')).toEqual(['own', 'arg']);
  });

  test('import() finds relative files, also by pattern', async () => {
    const { load } = project({
      'flows/a.ts': 'export const name: string = "a";',
      'flows/b.ts': 'export const name: string = "b";',
      'script.ts': `export default async (which: string) =>
        [(await import('./flows/a')).name, (await import(\`./flows/\${which}.ts\`)).name];`,
    });
    expect(await call(instance(await load('script.ts')), 'default', 'b')).toEqual(['a', 'b']);
  });

  test('CommonJS scripts work: module.exports as function and as object', async () => {
    const { load } = project({
      'fn.js':
        'const { vuId } = require("brunt"); module.exports = () => vuId(); module.exports.options = { vus: 2 };',
      'obj.cjs': 'exports.default = () => require("./part"); exports.options = { vus: 3 };',
      'part.js': 'module.exports = "part";',
    });
    const fn = instance(await load('fn.js'), fakeHost(9));
    expect([call(fn), fn.options]).toEqual([9, { vus: 2 }]);
    const obj = instance(await load('obj.cjs'));
    expect([call(obj), obj.options]).toEqual(['part', { vus: 3 }]);
  });

  test('a hashbang, odd letters in paths and a script without imports', async () => {
    const { load } = project({
      'odd dir #1/ünï (2).mjs': '#!/usr/bin/env node\nexport default () => { throw new Error("x"); };\n',
    });
    const module = instance(await load('odd dir #1/ünï (2).mjs'));
    expect(() => call(module)).toThrow('x');
  });

  test('a big JSON import is worth a warning', async () => {
    const rows = JSON.stringify(Array.from({ length: 40_000 }, (_, id) => ({ id })));
    const { bundle } = project({
      'rows.json': rows,
      'script.ts': 'import r from "./rows.json"; export default () => r;',
    });
    expect((await bundle('script.ts')).warnings).toEqual([expect.stringContaining("json('rows.json')")]);
  });
});

describe('packages', () => {
  const esModule = {
    'node_modules/only-esm/package.json': manifest({
      name: 'only-esm',
      type: 'module',
      exports: { import: './i.js' },
    }),
    'node_modules/only-esm/i.js':
      'export default "def"; export const named = "named"; export const state = { n: 0 };',
  };

  test.each(['ts', 'mts', 'js', 'mjs'])(
    'an ES module: default, named, namespace and import() from .%s',
    async (extension) => {
      const { load } = project({
        ...esModule,
        [`script.${extension}`]: `
        import def, { named, state } from 'only-esm';
        import * as all from 'only-esm';
        export default async () => [def, named, all.default, all.state === state, (await import('only-esm')).state === state];`,
      });
      expect(await call(instance(await load(`script.${extension}`)))).toEqual([
        'def',
        'named',
        'def',
        true,
        true,
      ]);
    },
  );

  test('one with top-level await works, statically and through import()', async () => {
    const { load } = project({
      'node_modules/tla/package.json': manifest({ name: 'tla', type: 'module', exports: './i.js' }),
      'node_modules/tla/i.js': 'export const value = await Promise.resolve(42);',
      'static.ts': 'import { value } from "tla"; export default () => value;',
      'dynamic.ts': 'export default async () => (await import("tla")).value;',
    });
    expect(call(instance(await load('static.ts')))).toBe(42);
    expect(await call(instance(await load('dynamic.ts')))).toBe(42);
  });

  test('a CommonJS one: default, named, namespace, with and without __esModule', async () => {
    const { load } = project({
      'node_modules/plain/index.js': 'module.exports = { a: 1 };',
      'node_modules/plain/package.json': manifest({ name: 'plain' }),
      'node_modules/compiled/index.js': 'exports.__esModule = true; exports.default = "d"; exports.a = 2;',
      'node_modules/compiled/package.json': manifest({ name: 'compiled' }),
      'node_modules/fn/index.js': 'module.exports = () => "called"; module.exports.extra = 3;',
      'node_modules/fn/package.json': manifest({ name: 'fn' }),
      'script.ts': `
        import plain, { a } from 'plain';
        import compiled, { a as a2 } from 'compiled';
        import fn, { extra } from 'fn';
        import { readFileSync } from 'node:fs';
        import path from 'path';
        export default () => [plain.a, a, compiled, a2, fn(), extra, typeof readFileSync, typeof path.join];`,
    });
    const script = await load('script.ts');
    const expected = [1, 1, 'd', 2, 'called', 3, 'function', 'function'];
    expect(call(instance(script))).toEqual(expected);
    expect(call(instance(script))).toEqual(expected);
  });

  const scenarioPackage = {
    'node_modules/@acme/load/package.json': manifest({
      name: '@acme/load',
      type: 'module',
      exports: './i.js',
      peerDependencies: { brunt: '*' },
      dependencies: { inner: '*' },
    }),
    'node_modules/@acme/load/i.js': `import { vuId } from 'brunt'; import { which } from 'inner';
      let calls = 0; export const scenario = () => [vuId(), ++calls, which];`,
    'node_modules/@acme/load/node_modules/inner/package.json': manifest({ name: 'inner' }),
    'node_modules/@acme/load/node_modules/inner/index.js': 'exports.which = "the inner one of acme";',
    'node_modules/inner/package.json': manifest({ name: 'inner' }),
    'node_modules/inner/index.js': 'exports.which = "the outer one";',
  };

  test('one that depends on brunt is private to the VU and finds its own dependencies', async () => {
    const { load } = project({
      ...scenarioPackage,
      'script.ts':
        'import { scenario } from "@acme/load"; import { which } from "inner"; export default () => [...scenario(), which];',
    });
    const script = await load('script.ts');
    const [one, two] = [instance(script, fakeHost(1)), instance(script, fakeHost(2))];
    expect(call(one)).toEqual([1, 1, 'the inner one of acme', 'the outer one']);
    expect(call(one)).toEqual([1, 2, 'the inner one of acme', 'the outer one']);
    expect(call(two)).toEqual([2, 1, 'the inner one of acme', 'the outer one']);
  });

  test('one that depends on brunt through another package is private too', async () => {
    const { load, bundle } = project({
      ...scenarioPackage,
      'node_modules/team/package.json': manifest({
        name: 'team',
        dependencies: { '@acme/load': '*', cycle: '*' },
      }),
      'node_modules/team/index.js': 'exports.run = () => require("@acme/load").scenario();',
      'node_modules/cycle/package.json': manifest({ name: 'cycle', dependencies: { team: '*' } }),
      'node_modules/cycle/index.js': '',
      'script.ts': 'import { run } from "team"; export default () => run();',
    });
    const script = await load('script.ts');
    expect((call(instance(script, fakeHost(1))) as unknown[])[0]).toBe(1);
    expect((call(instance(script, fakeHost(2))) as unknown[]).slice(0, 2)).toEqual([2, 1]);
    expect((await bundle('script.ts')).inputs.map((file) => file.split('node_modules/').pop())).toContain(
      'team/index.js',
    );
  });

  test('a workspace package in TypeScript is bundled; one in JavaScript is loaded once per thread', async () => {
    const { load, dir, path } = project({
      'package.json': manifest({ name: 'root', workspaces: ['packages/*'] }),
      'packages/shop/package.json': manifest({ name: '@w/shop', exports: './src/index.ts' }),
      'packages/shop/src/index.ts': 'let n: number = 0; export const shop = () => ++n;',
      'packages/tool/package.json': manifest({ name: '@w/tool', type: 'module', exports: './index.js' }),
      'packages/tool/index.js': 'let n = 0; export const tool = () => ++n;',
      'tests/package.json': manifest({ name: 'tests' }),
      'tests/script.ts':
        'import { shop } from "@w/shop"; import { tool } from "@w/tool"; export default () => [shop(), tool()];',
    });
    const { mkdirSync, symlinkSync } = await import('node:fs');
    mkdirSync(path('node_modules/@w'), { recursive: true });
    symlinkSync(`${dir}/packages/shop`, path('node_modules/@w/shop'));
    symlinkSync(`${dir}/packages/tool`, path('node_modules/@w/tool'));
    const script = await load('tests/script.ts');
    expect(call(instance(script))).toEqual([1, 1]);
    expect(call(instance(script))).toEqual([1, 2]);
  });

  test('an alias of tsconfig paths into another package of the workspace is user code', async () => {
    const { load } = project({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "~shared/*": ["./shared/*"] } } }',
      'shared/package.json': manifest({ name: 'shared-code' }),
      'shared/count.js': 'let n = 0; export const count = () => ++n;',
      'package.json': manifest({ name: 'root' }),
      'script.ts': 'import { count } from "~shared/count"; export default () => count();',
    });
    const script = await load('script.ts');
    expect([call(instance(script)), call(instance(script))]).toEqual([1, 1]);
  });

  test('brunt itself comes from the VU, whatever tsconfig paths say; an unknown sub-path is refused', async () => {
    const { load } = project({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "brunt": ["./wrong.ts"] } } }',
      'wrong.ts': 'export const vuId = () => "wrong";',
      'script.ts':
        'import { vuId } from "brunt"; import * as all from "brunt"; export default () => [vuId(), all.vuId()];',
      'sub.ts': 'import { x } from "brunt/nothing"; export default () => x;',
    });
    expect(call(instance(await load('script.ts'), fakeHost(4)))).toEqual([4, 4]);
    const sub = await load('sub.ts');
    const error = await errorOf(() => instance(sub));
    expect(error.message).toBe('Brunt has no module "brunt/nothing"');
    expect(error.exitCode).toBe(107);
  });
});
