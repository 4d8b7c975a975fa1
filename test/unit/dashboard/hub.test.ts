import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Hub } from '../../../runner/dashboard/hub.ts';

/** A browser that reads only when told to. */
class Stream extends EventEmitter {
  text = '';
  waiting = 0;
  ended = false;
  destroyed = false;
  reads = true;

  get writableLength(): number {
    return this.waiting;
  }

  writeHead(): this {
    return this;
  }

  write(part: string | Buffer): boolean {
    this.text += part.toString();
    if (!this.reads) this.waiting += part.length;
    return true;
  }

  end(part: Buffer, sent: () => void): void {
    this.write(part);
    this.ended = true;
    if (this.reads) sent();
    if (this.reads) this.emit('close');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  /** Names of the events, with their data. */
  get events(): readonly string[] {
    return [...this.text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)].map(([, name, data]) => `${name} ${data}`);
  }
}

function rig() {
  const clock = { ms: 0 };
  const state = { whole: 'all', made: 0 };
  const hub = new Hub({
    whole: () => {
      state.made++;
      return { event: 'whole', json: state.whole };
    },
    now: () => clock.ms,
    patienceMs: 5000,
  });
  const join = (): Stream => {
    const stream = new Stream();
    hub.join(stream as unknown as ServerResponse);
    return stream;
  };
  const send = (json: string): void => hub.send({ event: 'change', json });
  return { hub, clock, state, join, send };
}

const BIG = 'x'.repeat(300 * 1024);

describe('hub', () => {
  it('gives the whole state first, whenever somebody joins, then what changes', () => {
    const { hub, join, send, state } = rig();
    const early = join();
    send('1');
    state.whole = 'all, 1';
    const late = join();
    send('2');
    expect(early.text).toMatch(/^retry: \d+\n\n/);
    expect(early.events).toEqual(['whole all', 'change 1', 'change 2']);
    expect(late.events).toEqual(['whole all, 1', 'change 2']);
    expect(hub.size).toBe(2);
    expect(late.text).toContain('id: 1\nevent: whole');
  });

  it('makes the whole state once for many that join within a second, and never for nobody', () => {
    const { join, send, state } = rig();
    send('1');
    expect(state.made).toBe(0);
    for (let i = 0; i < 5; i++) join();
    expect(state.made).toBe(1);
  });

  it('leaves events out for one who does not read, and gives the whole state when it does again', () => {
    const { join, send, state } = rig();
    const slow = join();
    const quick = join();
    slow.reads = false;
    send(BIG);
    send('2');
    send('3');
    expect(slow.waiting).toBeLessThan(BIG.length + 100);
    slow.waiting = 0;
    slow.reads = true;
    state.whole = 'all, 4';
    send('4');
    send('5');
    expect(slow.events).toEqual(['whole all', `change ${BIG}`, 'whole all, 4', 'change 5']);
    expect(quick.events.slice(2)).toEqual(['change 2', 'change 3', 'change 4', 'change 5']);
  });

  it('drops one who has not read for long; the others go on', () => {
    const { hub, clock, join, send } = rig();
    const slow = join();
    const quick = join();
    slow.reads = false;
    send(BIG);
    send('2');
    clock.ms = 4999;
    send('3');
    expect(slow.destroyed).toBe(false);
    clock.ms = 5000;
    send('4');
    expect(slow.destroyed).toBe(true);
    expect(hub.size).toBe(1);
    expect(quick.events.at(-1)).toBe('change 4');
  });

  it('forgets one who leaves', () => {
    const { hub, join } = rig();
    join().emit('close');
    expect(hub.size).toBe(0);
  });

  it('tells the end to all: what changed, or the whole of it to one who is behind; waits a moment only', async () => {
    const { hub, join, send, state } = rig();
    const slow = join();
    const quick = join();
    slow.reads = false;
    send(BIG);
    send('2');
    state.whole = 'all, over';
    await hub.end({ event: 'change', json: 'over' });
    expect(quick.events.at(-1)).toBe('change over');
    expect(slow.events.at(-1)).toBe('whole all, over');
    expect(slow.ended && quick.ended).toBe(true);
  });
});
