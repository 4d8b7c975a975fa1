import { describe, expect, it } from 'vitest';
import { createTest, createVu } from '../../../dsl/context.ts';
import { InterruptedError } from '../../../dsl/errors.ts';
import { FakeHost } from '../../helpers/host.ts';

describe('vu', () => {
  it('shows who runs, as it changes', () => {
    const host = new FakeHost();
    const vu = createVu(host);
    host.context.iteration = 4;
    expect([vu.id, vu.iteration, vu.scenario, vu.iterationInScenario]).toEqual([1, 4, 'default', 0]);
  });

  it('sets, reads, lists and deletes tags', () => {
    const host = new FakeHost();
    const { tags } = createVu(host);
    tags.region = 'eu';
    expect(tags.region).toBe('eu');
    expect('region' in tags).toBe(true);
    expect({ ...tags }).toEqual({ region: 'eu', scenario: 'default' });
    delete tags.region;
    expect(host.tags().get('region')).toBeUndefined();
  });

  it('has a signal that aborts with the iteration, and a fresh one after it', () => {
    const host = new FakeHost();
    const vu = createVu(host);
    const first = vu.signal;
    expect(vu.signal).toBe(first);
    host.interrupt(new InterruptedError());
    expect(first.aborted).toBe(true);
    expect(vu.signal.aborted).toBe(true);
    host.endIteration();
    expect(vu.signal.aborted).toBe(false);
  });
});

describe('test', () => {
  it('aborts the run and the iteration with a reason', () => {
    const host = new FakeHost();
    expect(() => createTest(host).abort('database gone')).toThrow(InterruptedError);
    expect(host.ended).toEqual([{ kind: 'abort', reason: 'database gone' }]);
  });

  it('marks the run as failed and goes on', () => {
    const host = new FakeHost();
    createTest(host).fail('too slow');
    expect(host.ended).toEqual([{ kind: 'fail', reason: 'too slow' }]);
  });
});
