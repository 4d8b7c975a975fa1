import { describe, expect, it } from 'vitest';
import { BruntError, ConfigError, EXIT } from '../../../dsl/errors.ts';
import { stripColors } from '../../../runner/terminal/clean.ts';
import { renderError } from '../../../runner/terminal/errors.ts';
import { makeStyle, PLAIN_STYLE } from '../../../runner/terminal/style.ts';
import { textWidth } from '../../../runner/terminal/width.ts';
import { expectGolden } from './golden.ts';

const CONFIG = new ConfigError([
  {
    message: "'threshold' is no option",
    location: { file: '/home/ann/load/checkout.ts', line: 12, column: 5 },
    hint: "did you mean 'thresholds'?",
  },
  { message: "'abc' is not a whole number", where: '--vus', hint: 'for example --vus 10' },
  {
    message:
      "duration 'ten' is no duration: a number with a unit is wanted, such as '200ms', '30s' or '1m30s', or a plain number of milliseconds",
    where: 'scenarios.checkout.stages[3].duration',
  },
  {
    message: "executor 'constant-vu' is unknown",
    location: { file: '/home/ann/load/checkout.ts', line: 4, column: 17 },
    hint: "did you mean 'constant-vus'?",
  },
  { message: 'rate must be above 0, not -1', where: 'scenarios.buy.rate' },
  { message: "'x' is not a whole number", where: 'BRUNT_VUS' },
  { message: 'neither a script nor options were given' },
  { message: 'the file holds no scenarios', where: 'load/brunt.yaml' },
]);

const BUNDLE = new BruntError("cannot bundle checkout.ts: expected ')' but found ';'", {
  code: 'BUNDLE_FAILED',
  exitCode: EXIT.scriptError,
  location: { file: '/home/ann/load/checkout.ts', line: 3, column: 17 },
  frame: "  2 | import { http } from 'brunt';\n> 3 | const a = foo(1;\n    |                ^\n  4 | ",
  hint: 'close the parenthesis',
});

const SETUP = new BruntError(
  "setup failed: TypeError: Cannot read properties of undefined (reading 'token')",
  {
    code: 'SETUP_FAILED',
    exitCode: EXIT.scriptError,
    userStack: '    at setup (/home/ann/load/checkout.ts:8:22)\n    at login (/home/ann/load/auth.ts:3:9)',
    cause: new Error('connect ECONNREFUSED 127.0.0.1:3000', { cause: new Error('the socket was closed') }),
  },
);

const LOOK = { width: 90, cwd: '/home/ann/load', version: '0.1.0' };

function render(error: unknown): string {
  return renderError(error, PLAIN_STYLE, LOOK).join('\n');
}

describe('golden errors', () => {
  it('config, bundle, setup', () => {
    expectGolden(
      'errors',
      [CONFIG, BUNDLE, SETUP].flatMap((error) => renderError(error, PLAIN_STYLE, LOOK)),
    );
  });

  it('in colour', () => {
    const style = makeStyle({ color: true, unicode: true });
    expectGolden(
      'errors-color',
      [CONFIG, BUNDLE].flatMap((error) => renderError(error, style, LOOK)),
    );
  });
});

describe('problems', () => {
  it('are all told, grouped by where they lie, in the order of the file', () => {
    const text = render(CONFIG);
    expect(text).toContain('✗ 8 problems: nothing was started');
    for (const { message } of CONFIG.problems.filter((p) => p.message.length < 60))
      expect(text).toContain(message);
    expect(text.split('checkout.ts\n')).toHaveLength(2);
    expect(text.indexOf('4:17')).toBeLessThan(text.indexOf('12:5'));
    expect(text).toContain("→ did you mean 'thresholds'?");
    for (const home of ['command line', 'environment', 'options']) expect(text).toContain(`\n  ${home}\n`);
  });

  it('is told as one where it is one', () => {
    expect(render(new ConfigError([{ message: 'm', where: '--vus' }]))).toContain(
      '✗ One problem: nothing was started',
    );
  });

  it('survives the way between threads', () => {
    const wire = structuredClone(CONFIG.toWire());
    expect(render(BruntError.fromWire(wire))).toBe(render(CONFIG));
  });
});

describe('other errors', () => {
  it('says what, where, why and what to do', () => {
    const lines = render(BUNDLE).split('\n');
    expect(lines[1]).toBe("  ✗ cannot bundle checkout.ts: expected ')' but found ';'");
    expect(lines[2]).toBe('    at checkout.ts:3:17');
    expect(lines).toContain('    > 3 | const a = foo(1;');
    expect(lines).toContain('    → close the parenthesis');
  });

  it("shows the user's stack and the causes, and no stack of ours", () => {
    const text = render(SETUP);
    expect(text).toContain('at setup (/home/ann/load/checkout.ts:8:22)');
    expect(text).toContain('because: connect ECONNREFUSED 127.0.0.1:3000');
    expect(text).toContain('because: the socket was closed');
    expect(text).not.toContain('errors.test.ts');
  });

  it('tells a cause once that the message holds already', () => {
    const error = new BruntError('cannot read a.csv: no such file', {
      code: 'X',
      exitCode: EXIT.scriptError,
      cause: new Error('no such file'),
    });
    expect(render(error)).not.toContain('because');
  });

  it('stops at a circle of causes', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(render(new BruntError('outer', { code: 'X', exitCode: EXIT.scriptError, cause: a }))).toContain(
      'because: b',
    );
  });
});

describe('defects', () => {
  it('are called so, with stack, versions and exit code', () => {
    const text = render(new TypeError('x is undefined'));
    expect(text).toContain('This is a defect in Brunt, not in your script (exit 109).');
    expect(text).toMatch(/TypeError: x is undefined\n +at .*errors\.test\.ts/);
    expect(text).toContain(`brunt 0.1.0, node ${process.version}`);
  });

  it.each([[undefined], [null], ['text'], [{ a: 1 }], [42]])('may be anything: %j', (value) => {
    expect(render(value)).toContain('thrown value: ');
  });
});

describe('safety', () => {
  it('keeps to the width and lets no escape through', () => {
    const evil = '\u001b[2J\u0007evil '.repeat(60);
    const error = new BruntError(evil, {
      code: 'X',
      exitCode: EXIT.scriptError,
      hint: evil,
      location: { file: 'a\u001b[2Jb', line: 1, column: 1 },
      frame: '> 1 | \u001b[2Jx',
      problems: [{ message: evil, where: '\u001b[2J--x', hint: evil }],
    });
    const style = makeStyle({ color: true, unicode: true });
    for (const line of renderError(error, style, LOOK)) {
      expect(stripColors(line)).not.toMatch(/\p{Cc}/u);
      expect(textWidth(line)).toBeLessThanOrEqual(LOOK.width);
    }
  });
});
