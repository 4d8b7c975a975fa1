import { describe, expect, test } from 'vitest';
import { errorOf, type Project, project } from './project.ts';

const OK = 'export default () => {};';

async function failure(made: Project, script: string) {
  const error = await errorOf(() => made.bundle(script));
  expect(error.exitCode).toBe(107);
  return error;
}

describe('the name of the script', () => {
  test('a mistyped name: the nearest one', async () => {
    const error = await failure(project({ 'checkout.ts': OK, 'other.ts': OK }), 'chekout.ts');
    expect(error.message).toBe('cannot open the script chekout.ts: there is no such file');
    expect(error.hint).toBe('did you mean checkout.ts?');
  });

  test('a name without extension: the nearest one, with the folder as it was written', async () => {
    const made = project({ 'load/checkout.ts': OK });
    expect((await failure(made, 'load/checkout')).hint).toBe('did you mean load/checkout.ts?');
  });

  test('nothing similar: what scripts there are; none: so', async () => {
    const made = project({ 'a.ts': OK, 'b.mjs': OK, 'types.d.ts': '', 'empty/x.txt': '' });
    expect((await failure(made, 'something.ts')).hint).toBe(`scripts in ${made.dir}: a.ts, b.mjs`);
    expect((await failure(made, 'empty/something.ts')).hint).toContain('there are no scripts');
  });

  test('a folder that does not exist', async () => {
    const made = project({ 'a.ts': OK });
    expect((await failure(made, 'nowhere/a.ts')).message).toContain(
      `the folder ${made.path('nowhere')} does not exist`,
    );
  });

  test('a folder: its scripts', async () => {
    const error = await failure(project({ 'load/a.ts': OK }), 'load');
    expect(error.message).toBe('cannot run load: it is a folder');
    expect(error.hint).toBe('name one of its scripts: load/a.ts');
  });

  test.each([
    ['a.py', '.py is not'],
    ['a', 'no extension'],
    ['a.d.ts', '.d.ts is not'],
    ['a.json', '.json is not'],
  ])('%s is no script', async (name, text) => {
    expect((await failure(project({ [name]: '{}' }), name)).message).toContain(text);
  });

  test('a path through a file', async () => {
    await failure(project({ 'a.ts': OK }), 'a.ts/b.ts');
  });
});

describe('what is in it', () => {
  test('a syntax error in an imported file: place, frame with caret', async () => {
    const made = project({
      'script.ts': `import './lib/broken';\n${OK}`,
      'lib/broken.ts': 'const a = 1;\n\nexport function f() {\n  const ä = 1, = 2;\n}\n',
    });
    const error = await failure(made, 'script.ts');
    expect(error.code).toBe('SYNTAX_ERROR');
    expect(error.location).toEqual({ file: made.path('lib/broken.ts'), line: 4, column: 16 });
    expect(error.frame).toBe(
      [
        '  2 |',
        '  3 | export function f() {',
        '> 4 |   const ä = 1, = 2;',
        '    |                ^',
        '  5 | }',
      ].join('\n'),
    );
  });

  test('several problems at once', async () => {
    const made = project({
      'script.ts': `import a from './a';\nimport b from 'no-such-package';\n${OK}\nexport { a, b };`,
    });
    const error = await failure(made, 'script.ts');
    expect(error.message).toBe('script.ts cannot be bundled: 2 problems');
    expect(error.problems.map(({ location }) => location?.line)).toEqual([1, 2]);
    expect(error.problems[1]?.message).toBe('cannot find the package "no-such-package"');
    expect(error.problems[1]?.hint).toBe('npm install no-such-package');
  });

  test('a missing relative file: where it was looked for, and the nearest name', async () => {
    const made = project({ 'lib/cart.ts': 'export {};', 'script.ts': `import './lib/crat';\n${OK}` });
    const error = await failure(made, 'script.ts');
    expect(error.code).toBe('IMPORT_NOT_FOUND');
    expect(error.message).toContain(`cannot find the file "./lib/crat": tried ${made.path('lib/crat')}`);
    expect(error.hint).toBe('did you mean "./lib/cart"?');
    expect(error.location).toEqual({ file: made.path('script.ts'), line: 1, column: 8 });
    expect(error.frame?.split('\n')[1]).toBe(`    |        ${'^'.repeat('"./lib/crat"'.length)}`);
  });

  test('packages: missing, scoped, a sub-path, an unexported sub-path, a node module that is none', async () => {
    const made = project({
      'node_modules/there/package.json':
        '{ "name": "there", "version": "1.0.0", "exports": { ".": "./i.js" } }',
      'node_modules/there/i.js': '',
      'node_modules/open/package.json': '{ "name": "open", "version": "1.0.0" }',
      'scoped.ts': `import '@acme/load/cart';\n${OK}`,
      'unexported.ts': `import 'there/inner.js';\n${OK}`,
      'sub.ts': `import 'open/inner.js';\n${OK}`,
      'node.ts': `import 'node:nothing';\n${OK}`,
      'alias.ts': `import '~/lib';\n${OK}`,
    });
    expect((await failure(made, 'scoped.ts')).hint).toBe('npm install @acme/load');
    const unexported = await failure(made, 'unexported.ts');
    expect(unexported.message).toMatch(/^cannot import "there\/inner.js": .*not exported/);
    expect((await failure(made, 'sub.ts')).message).toBe('the package "open" has no file "inner.js"');
    expect((await failure(made, 'node.ts')).message).toBe(
      `Node ${process.version} has no module "node:nothing"`,
    );
    expect((await failure(made, 'alias.ts')).hint).toContain('tsconfig.json');
  });

  test('top-level await: where to put it instead', async () => {
    const made = project({
      'script.ts': `const a = 1;\nconst b = await Promise.resolve(a);\n${OK}\nexport { b };`,
    });
    const error = await failure(made, 'script.ts');
    expect(error.code).toBe('TOP_LEVEL_AWAIT');
    expect(error.location).toMatchObject({ line: 2, column: 11 });
    expect(error.hint).toContain('setup()');
  });

  test('a name that the module does not export, a file type that is no code', async () => {
    const made = project({
      'lib.ts': 'export const right = 1;',
      'data.csv': 'a,b',
      'name.ts': 'import { wrong } from "./lib"; export default () => wrong;',
      'csv.ts': 'import rows from "./data.csv"; export default () => rows;',
    });
    expect((await failure(made, 'name.ts')).message).toMatch(
      /^no matching export in "lib.ts" for import "wrong"/,
    );
    expect((await failure(made, 'csv.ts')).message).toContain('.csv files cannot be imported');
  });

  test('a JSON file that is none', async () => {
    const made = project({
      'data.json': '{ a: }',
      'script.ts': 'import d from "./data.json"; export default () => d;',
    });
    expect((await failure(made, 'script.ts')).location?.file).toBe(made.path('data.json'));
  });
});
