import { describe, expect, test } from 'vitest';
import { BruntError, ConfigError, EXIT } from '../../../dsl/errors.ts';
import { junitXml } from '../../../runner/ci/junit.ts';
import type { CiReport } from '../../../runner/ci/report.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { parseXml, type XmlNode } from '../../helpers/xml.ts';
import { expectGolden } from '../terminal/golden.ts';
import {
  BROKEN,
  CAPACITY,
  EMPTY,
  FAILED,
  INTERRUPTED,
  INVALID,
  OPEN,
  PASSED,
} from '../terminal/summaries.ts';
import { ended, HOSTILE, unstarted } from './reports.ts';

/** Attributes and children that readers of JUnit files agree on; `?` may be missing. */
const SHAPE: Readonly<Record<string, { attributes: string; children: string }>> = {
  testsuites: { attributes: 'name tests failures errors time', children: 'testsuite' },
  testsuite: {
    attributes: 'name tests failures errors skipped time timestamp',
    children: 'properties testcase',
  },
  properties: { attributes: '', children: 'property' },
  property: { attributes: 'name value', children: '' },
  testcase: { attributes: 'name classname time file? line?', children: 'failure error system-out' },
  failure: { attributes: 'message type', children: '' },
  error: { attributes: 'message type', children: '' },
  'system-out': { attributes: '', children: '' },
};

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

function expectShape(node: XmlNode): void {
  const shape = SHAPE[node.name];
  if (shape === undefined) throw new Error(`element ${node.name}`);
  const given = Object.keys(node.attributes);
  const known = words(shape.attributes);
  expect(given.filter((key) => !known.some((one) => one.replace('?', '') === key))).toEqual([]);
  expect(known.filter((key) => !key.endsWith('?') && !given.includes(key))).toEqual([]);
  expect(
    node.children.map(({ name }) => name).filter((name) => !words(shape.children).includes(name)),
  ).toEqual([]);
  for (const key of ['tests', 'failures', 'errors', 'skipped', 'line'])
    if (key in node.attributes) expect(node.attributes[key]).toMatch(/^\d+$/);
  if ('time' in node.attributes) expect(node.attributes.time).toMatch(/^\d+\.\d{3}$/);
  if ('timestamp' in node.attributes)
    expect(node.attributes.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  for (const child of node.children) expectShape(child);
}

const all = (node: XmlNode, name: string): XmlNode[] =>
  node.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);

function read(report: CiReport): XmlNode {
  const root = parseXml(junitXml(report, '/home/ann'));
  expectShape(root);
  for (const suite of [root, ...root.children]) {
    expect(suite.attributes.tests).toBe(String(all(suite, 'testcase').length));
    expect(suite.attributes.failures).toBe(String(all(suite, 'failure').length));
    expect(suite.attributes.errors).toBe(String(all(suite, 'error').length));
  }
  return root;
}

function caseNamed(root: XmlNode, name: string): XmlNode {
  const found = all(root, 'testcase').find((one) => one.attributes.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

const place = { file: '/home/ann/load/checkout.ts', line: 7, column: 3 };

test('a failed run', () => {
  expectGolden('junit-failed', junitXml(ended(FAILED, place), '/home/ann').trimEnd().split('\n'));
});

test('a passed run has no failure and no error', () => {
  const root = read(ended(PASSED));
  expect(root.attributes).toMatchObject({ failures: '0', errors: '0' });
  expect(all(root, 'testcase').map(({ attributes }) => attributes.name)).toEqual([
    'run',
    'http_req_duration p(95)<400',
    'http_req_duration p(99)<500',
    'http_req_failed rate<0.01',
    'checks rate>0.99',
    'status is 200',
    'has products',
  ]);
});

test.each<[string, Summary]>([
  ['empty', EMPTY],
  ['open', OPEN],
  ['capacity', CAPACITY],
  ['broken', BROKEN],
  ['hostile', HOSTILE],
])('%s: well-formed, of the shape, counted right', (_, summary) => {
  read(ended(summary, place));
});

test('a failure has value, limit and place', () => {
  const one = caseNamed(read(ended(FAILED, place)), 'http_req_duration{scenario:buy} p(99)<500');
  expect(one.attributes).toMatchObject({
    classname: 'checkout.thresholds.buy',
    file: 'load/checkout.ts',
    line: '7',
  });
  expect(one.children[0]?.attributes).toEqual({
    message: '812 ms, 62 % over the limit of 500 ms',
    type: 'threshold',
  });
});

test('a threshold without data says so', () => {
  const one = caseNamed(read(ended(BROKEN)), 'http_req_duration{region:eu} p(95)<400');
  expect(one.children[0]?.attributes.message).toBe('no data');
});

describe('the case of the run', () => {
  test('passes where thresholds tell all', () => {
    const run = caseNamed(read(ended(FAILED)), 'run');
    expect(run.children.map(({ name }) => name)).toEqual(['system-out']);
  });

  test('fails where iterations threw', () => {
    const [failure] = caseNamed(read(ended(BROKEN)), 'run').children;
    expect(failure).toMatchObject({ name: 'failure', attributes: { type: 'failed' } });
    expect(failure?.attributes.message).toContain('3 iterations threw an error');
    expect(failure?.text).toContain("Cannot read properties of undefined (reading 'items')");
  });

  test.each<[string, Summary]>([
    ['invalid', INVALID],
    ['interrupted', INTERRUPTED],
  ])('%s is an error', (verdict, summary) => {
    const [error] = caseNamed(read(ended(summary)), 'run').children;
    expect(error).toMatchObject({ name: 'error', attributes: { type: verdict } });
    expect(error?.attributes.message).toBe(summary.run.reasons[0]);
  });

  test('tells the error that ended a phase, with its place and stack', () => {
    const summary: Summary = {
      ...EMPTY,
      run: { ...EMPTY.run, verdict: 'error', exitCode: EXIT.scriptError, reasons: ['setup() failed'] },
    };
    const error = new BruntError('setup() failed', {
      code: 'SETUP_FAILED',
      exitCode: EXIT.scriptError,
      location: place,
      userStack: 'at setup (checkout.ts:7:3)',
      hint: 'look there',
    });
    const run = caseNamed(read(ended(summary, undefined, [error])), 'run');
    expect(run.attributes).toMatchObject({ file: 'load/checkout.ts', line: '7' });
    expect(run.children[0]?.text).toBe('setup() failed\nat setup (checkout.ts:7:3)\nlook there');
  });

  test('facts are properties', () => {
    const properties = Object.fromEntries(
      all(read(ended(FAILED)), 'property').map(({ attributes }) => [attributes.name, attributes.value]),
    );
    expect(properties).toMatchObject({
      verdict: 'failed',
      exitCode: '99',
      seed: '1',
      workers: '2',
      scenarios: 'browse, buy',
      http_reqs: '48211',
    });
  });
});

describe('a run that did not start', () => {
  test('options that cannot be used: every problem', () => {
    const problems = [
      { message: 'no option', location: place, hint: 'vus' },
      { message: 'bad flag', where: '--vus' },
    ];
    const root = read(unstarted(new ConfigError(problems)));
    const [one] = all(root, 'testcase');
    expect(one?.attributes).toMatchObject({ classname: 'checkout', file: 'load/checkout.ts', line: '7' });
    expect(one?.children[0]?.text).toBe('/home/ann/load/checkout.ts:7:3: no option vus\n--vus: bad flag');
  });

  test('whatever was thrown', () => {
    const [error] = all(read(unstarted('what?')), 'error');
    expect(error).toMatchObject({ attributes: { message: 'what?', type: 'DEFECT' }, text: 'what?' });
  });
});
