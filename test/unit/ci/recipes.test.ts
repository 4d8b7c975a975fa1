/** The pipeline files of docs/ci.md: each has the shape that its system wants, and commands that Brunt takes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseArgv } from '../../../runner/cli/parse.ts';
import { blocksOf, ROOT } from '../../helpers/docs.ts';

const blocks = blocksOf('docs/ci.md', readFileSync(join(ROOT, 'docs/ci.md'), 'utf8'));
const yaml = blocks.filter(({ language }) => language === 'yaml').map(({ code }) => parse(code) as unknown);
const groovy = blocks.find(({ language }) => language === 'groovy')?.code ?? '';

/** Where the command leaves its files, by flag. */
function filesOf(commands: readonly string[]): Record<string, string | undefined> {
  const line = commands.find((command) => command.startsWith('npx brunt run '));
  if (line === undefined) throw new Error(`no run in ${commands.join('; ')}`);
  const command = parseArgv(line.split(' ').slice(2), {});
  if (command.kind !== 'run') throw new Error(`${command.kind}: ${line}`);
  const { junit, markdown, summaryExport } = command.flags;
  return { junit, markdown, summaryExport };
}

const FILES = { junit: 'load/junit.xml', markdown: 'load/summary.md', summaryExport: 'load/summary.json' };

test('GitHub', () => {
  const step = z.union([
    z.strictObject({
      uses: z.string().regex(/^actions\/[\w-]+@v\d+$/),
      if: z.string().optional(),
      with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    }),
    z.strictObject({
      name: z.string().optional(),
      if: z.string().optional(),
      run: z.string(),
      env: z.record(z.string(), z.string()).optional(),
    }),
  ]);
  const job = z.strictObject({
    'runs-on': z.string(),
    'timeout-minutes': z.number(),
    steps: z.array(step),
  });
  const workflow = z.strictObject({
    name: z.string(),
    on: z.record(z.enum(['pull_request', 'workflow_dispatch']), z.null()),
    permissions: z.record(z.string(), z.enum(['read', 'write'])),
    jobs: z.record(z.string(), job),
  });
  const { steps } = workflow.parse(yaml[0]).jobs.load as z.infer<typeof job>;
  expect(filesOf(steps.flatMap((one) => ('run' in one ? [one.run] : [])))).toEqual(FILES);
  const comment = steps.flatMap((one) => ('run' in one && one.run.startsWith('gh ') ? [one.run] : []));
  expect(comment.join()).toContain(`--body-file ${FILES.markdown} `);
});

test('GitLab', () => {
  const job = z.strictObject({
    stage: z.string(),
    image: z.string(),
    timeout: z.string(),
    variables: z.record(z.string(), z.string()),
    script: z.array(z.string()),
    allow_failure: z.strictObject({ exit_codes: z.array(z.number()) }),
    artifacts: z.strictObject({
      when: z.literal('always'),
      paths: z.array(z.string()),
      reports: z.strictObject({ junit: z.string() }),
    }),
  });
  const { script, artifacts } = job.parse((yaml[1] as Record<string, unknown>)['load test']);
  expect(filesOf(script)).toEqual(FILES);
  expect(artifacts.reports.junit).toBe(FILES.junit);
});

test('Jenkins', () => {
  const strings = [...groovy.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '');
  expect(filesOf(strings)).toEqual(FILES);
  expect(groovy).toContain(`junit '${FILES.junit}'`);
  // Braces and brackets outside of strings close in their order.
  const open: string[] = [];
  for (const char of groovy.replaceAll(/'[^']*'/g, '')) {
    if (char === '{' || char === '(') open.push(char);
    if (char === '}') expect(open.pop()).toBe('{');
    if (char === ')') expect(open.pop()).toBe('(');
  }
  expect(open).toEqual([]);
  // Sections that a declarative pipeline must have, and may have.
  const sections = [...groovy.matchAll(/^ {2}(\w+) \{/gm)].map((match) => match[1]);
  expect(sections).toEqual(['agent', 'options', 'environment', 'stages', 'post']);
});
