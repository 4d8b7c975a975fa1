import { expect, test } from 'vitest';
import { userStack } from '../../../workers/load/stack.ts';
import { call, instance, project } from '../bundle/project.ts';

test('an iteration that rejects two files deep, through a package and an await', async () => {
  const made = project({
    'node_modules/each/package.json': '{ "name": "each", "version": "1.0.0" }',
    'node_modules/each/index.js':
      'module.exports = function each(list, fn) { return list.map((x) => fn(x)); };',
    'flows/pay.ts': `
import each from 'each';
type Amount = { value: number };
export function pay(amounts: Amount[]): number[] {
  return each(amounts, function charge(amount: Amount) {
    if (amount.value > 10) throw new RangeError('too much');
    return amount.value;
  });
}
`,
    'script.ts': `import { pay } from './flows/pay';
import.meta.url;
async function buy(): Promise<void> {
  await Promise.resolve();
  pay([{ value: 1 }, { value: 11 }]);
}
export default async function () {
  await buy();
}
`,
  });
  const module = instance(await made.load('script.ts'));
  const error: unknown = await (call(module) as Promise<unknown>).catch((thrown: unknown) => thrown);
  const { message, frames, location, frame } = userStack(error, made.dir);
  expect(message).toBe('RangeError: too much');
  expect(location).toEqual({ file: made.path('flows/pay.ts'), line: 6, column: 34 });
  expect(frame?.split('\n').slice(2, 4)).toEqual([
    "> 6 |     if (amount.value > 10) throw new RangeError('too much');",
    `    |${' '.repeat(34)}^`,
  ]);
  expect(frames[0]).toMatch(/^at charge \(flows\/pay\.ts:6:34\)$/);
  expect(frames.filter((line) => line.includes('node_modules/each/index.js')).length).toBeGreaterThan(0);
  const own = frames.filter((line) => /\((?:flows\/pay|script)\.ts/.test(line));
  expect(own.slice(1)).toEqual([
    'at pay (flows/pay.ts:5:10)',
    'at buy (script.ts:5:3)',
    'at async default (script.ts:8:3)',
  ]);
});

test('frames of node:, of Brunt and of what called the script are left out', () => {
  const stack = [
    'Error: x',
    '    at ClientRequest.emit (node:events:524:28)',
    '    at parse (/app/node_modules/lib/index.js:3:1)',
    '    at Object.shop_default (/app/load/shop.ts:9:67)',
    '    at /app/node_modules/undici/lib/x.js:1:1',
    `    at Vu.run (${new URL('../../../workers/vu/vu.ts', import.meta.url).href}:10:3)`,
    '    at async file:///app/node_modules/piscina/dist/worker.js:5:1',
  ].join('\n');
  const error = Object.assign(new Error('x'), { stack });
  const { frames, location, frame } = userStack(error, '/app/load');
  expect(frames).toEqual(['at parse (/app/node_modules/lib/index.js:3:1)', 'at default (shop.ts:9:67)']);
  expect(location).toEqual({ file: '/app/load/shop.ts', line: 9, column: 67 });
  expect(frame).toBeUndefined();
});

test('an error-like object of another realm, and a stack that is no text', () => {
  expect(userStack({ name: 'Odd', message: 'thing', stack: 5 }, '/').message).toBe('Odd: thing');
  expect(userStack(Symbol('s'), '/').message).toContain('Symbol(s) was thrown');
  expect(userStack('y'.repeat(1000), '/').message.length).toBeLessThan(400);
});
