import { describe, expect, test } from 'vitest';
import { BruntError, ConfigError } from '../../../dsl/errors.ts';
import { scriptFacts } from '../../../workers/load/facts.ts';
import type { ScriptModule } from '../../../workers/load/script.ts';

const run = (): void => {};

function refusal(module: ScriptModule): BruntError {
  try {
    scriptFacts(module, '/load/shop.ts');
  } catch (error) {
    if (error instanceof BruntError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('scriptFacts', () => {
  test('options are a copy, functions are named', () => {
    const options = { vus: 1, stages: [{ duration: '1s', target: 2 }] };
    const facts = scriptFacts({ default: run, setup: run, browse: run, options, LIMIT: 5 }, 'shop.ts');
    expect(facts).toEqual({ options, functions: ['default', 'setup', 'browse'] });
    expect(facts.options).not.toBe(options);
  });

  test('a script with a named function only is fine', () => {
    expect(scriptFacts({ browse: run }, 'shop.ts')).toEqual({ options: undefined, functions: ['browse'] });
  });

  test('nothing exported, nothing to run, a default that is no function', () => {
    expect(refusal({}).message).toBe('the script shop.ts exports nothing');
    expect(refusal({}).hint).toContain('export default async function');
    expect(refusal({ options: {}, setup: run }).message).toBe(
      'the script exports no function to run, only options, setup',
    );
    expect(refusal({ default: { a: 1 } }).message).toContain('default export is an object');
    expect(refusal({ default: undefined }).message).toContain('default export is undefined');
    expect(refusal({ default: run, teardown: 'x' }).message).toBe(
      'the export "teardown" is a string; it must be a function',
    );
    for (const module of [{}, { options: {} }, { default: 5 }]) expect(refusal(module).exitCode).toBe(107);
  });

  test('options that are not plain data: every place is named', () => {
    const options = {
      scenarios: { a: { exec: function browse() {} }, 'my shop': { rate: 5n } },
      tags: [{ x: Symbol('y') }],
      later: Promise.resolve(),
    };
    const error = refusal({ default: run, options });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.exitCode).toBe(104);
    expect(error.problems.map(({ message }) => message.split(' is ')[0])).toEqual([
      'options.scenarios.a.exec',
      'options.scenarios["my shop"].rate',
      'options.tags[0].x',
      'options.later',
    ]);
    expect(error.problems[0]?.hint).toContain("exec: 'browse'");
  });

  test('options of the wrong kind, and options that contain themselves', () => {
    expect(refusal({ default: run, options: [] }).message).toContain('an array');
    expect(refusal({ default: run, options: () => ({}) }).message).toContain('a function');
    expect(refusal({ default: run, options: null }).message).toContain('null');
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    expect(refusal({ default: run, options: loop }).message).toContain('contains itself');
  });
});
