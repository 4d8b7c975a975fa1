/** Overrides, block lists, local addresses, name resolution. */

import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createHttp } from '../../../dsl/http/http.ts';
import { type Ask, createNames, names as threadNames } from '../../../dsl/http/lookup.ts';
import { DEFAULT_NETWORK, type DnsSettings, type ResolvedNetwork } from '../../../dsl/network.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { FakeHost } from '../../helpers/host.ts';
import { httpServer } from '../../helpers/servers.ts';
import { vu as plainVu, serving } from './harness.ts';

function vu(network: Partial<ResolvedNetwork>, options: Partial<ResolvedOptions> = {}) {
  return plainVu({ network: { ...DEFAULT_NETWORK, ...network }, ...options });
}

const hello = () => serving(httpServer((request, response) => response.end(request.headers.host)));

test('hosts: an address for a name, with a port, for all below it', async () => {
  const server = await hello();
  const { http } = vu({
    hosts: {
      'shop.test': '127.0.0.1',
      'shop.test:81': `127.0.0.1:${server.port}`,
      '*.cdn.test': `127.0.0.1:${server.port}`,
    },
  });
  const res = await http.get(`http://shop.test:${server.port}/`);
  expect(res).toMatchObject({ body: `shop.test:${server.port}`, remote_ip: '127.0.0.1' });
  expect(res.timings.looking_up).toBe(0);
  expect((await http.get('http://shop.test:81/')).body).toBe('shop.test:81');
  expect((await http.get('http://a.b.cdn.test/')).body).toBe('a.b.cdn.test');
  expect((await http.get('http://other.invalid/')).errorCode).toBe(1101);
});

test('blockHostnames: 1111, nothing is dialed; redirects to them as well', async () => {
  const server = await serving(
    httpServer((_request, response) => response.writeHead(302, { location: 'http://x.evil.test/' }).end()),
  );
  const { http, host } = vu({
    blockHostnames: ['*.evil.test', 'bad.test'],
    hosts: { 'x.evil.test': '127.0.0.1' },
  });
  expect(await http.get('http://bad.test/')).toMatchObject({
    status: 0,
    errorCode: 1111,
    error: 'the host bad.test is in blockHostnames (bad.test)',
  });
  expect((await http.get(server.url)).errorCode).toBe(1111);
  expect(host.counted.map(({ code }) => code)).toEqual([1111, 1111]);
  expect((await http.get('http://evil.test:1/')).errorCode).not.toBe(1111);
});

test('blacklistIPs: 1110 for addresses in URLs, of names and of overrides', async () => {
  const server = await hello();
  const { http } = vu({ blacklistIPs: ['127.0.0.0/8', '::1'], hosts: { 'shop.test': '127.0.0.1' } });
  expect(await http.get(server.url)).toMatchObject({
    status: 0,
    errorCode: 1110,
    error: 'the address 127.0.0.1 is in blacklistIPs',
  });
  expect((await http.get(`http://localhost:${server.port}/`)).errorCode).toBe(1110);
  expect((await http.get(`http://shop.test:${server.port}/`)).errorCode).toBe(1110);
  expect(server.connections).toBe(0);
});

// Linux answers on all of 127.0.0.0/8; elsewhere only 127.0.0.1 is there.
test.runIf(process.platform === 'linux')('localIPs: VUs take turns', async () => {
  const from: (string | undefined)[] = [];
  const server = await serving(
    httpServer((request, response) => {
      from.push(request.socket.remoteAddress);
      response.end();
    }),
  );
  for (const id of [1, 2, 3]) {
    const host = new FakeHost({
      network: { ...DEFAULT_NETWORK, localIPs: ['127.0.0.2-127.0.0.3'] },
      connections: 'shared',
    });
    host.context.id = id;
    await createHttp(host).get(server.url);
    await host.retire();
  }
  expect(from).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.2']);
});

test('a local address that is not of this machine: 1210', async () => {
  const server = await hello();
  const { http } = vu({ localIPs: ['192.0.2.1'] });
  expect(await http.get(server.url)).toMatchObject({ status: 0, errorCode: 1210 });
});

function asked(dns: Partial<DnsSettings>, refuse?: (address: string) => Error | undefined) {
  const lookup = threadNames.lookupBy({ ...DEFAULT_NETWORK.dns, ...dns }, refuse);
  return (): Promise<string[]> =>
    promisify(
      lookup as never as (
        host: string,
        options: object,
        done: (e: Error | null, a: { address: string }[]) => void,
      ) => void,
    )('localhost', { all: true }).then((all) => all.map(({ address }) => address));
}

test.each([
  ['preferIPv4', ['127.0.0.1', '::1']],
  ['preferIPv6', ['::1', '127.0.0.1']],
  ['onlyIPv4', ['127.0.0.1']],
  ['onlyIPv6', ['::1']],
] as const)('dns.policy %s', async (policy, expected) => {
  const addresses = await asked({ policy, select: 'first' })();
  expect(addresses).toEqual(expected);
  expect(addresses.every((address) => isIP(address) > 0)).toBe(true);
});

/** A resolver that counts how often it is asked, and a clock that is turned by hand. */
function names(dns: Partial<DnsSettings>) {
  const state = { asked: 0, now: 0, addresses: ['127.0.0.1'], fails: false, held: [] as (() => void)[] };
  const ask: Ask = (_host, answer) => {
    state.asked++;
    const { fails, addresses } = state;
    state.held.push(() =>
      answer(
        fails ? Object.assign(new Error('away'), { code: 'EAI_AGAIN' }) : null,
        addresses.map((address) => ({ address, family: 4 })),
      ),
    );
  };
  const lookup = createNames(ask, () => state.now).lookupBy({ ...DEFAULT_NETWORK.dns, ...dns });
  const begin = () =>
    new Promise<string>((resolve) => {
      lookup('shop.test', {}, (error, address) => resolve(error === null ? (address as string) : 'failed'));
    });
  const answer = () => {
    for (const one of state.held.splice(0)) one();
  };
  const find = () => {
    const found = begin();
    answer();
    return found;
  };
  return { state, begin, answer, find };
}

test('dns.ttl: an answer is kept so long, then asked for again', async () => {
  const { state, find } = names({ ttlMs: 1000 });
  expect(await find()).toBe('127.0.0.1');
  state.addresses = ['127.0.0.2'];
  state.now = 999;
  expect(await find()).toBe('127.0.0.1');
  expect(state.asked).toBe(1);
  state.now = 1000;
  expect(await find()).toBe('127.0.0.2');
  // The time of the second answer starts with it.
  state.now = 1999;
  expect(await find()).toBe('127.0.0.2');
  expect(state.asked).toBe(2);
});

test('dns.ttl 0: every connection asks; inf: one alone', async () => {
  const never = names({ ttlMs: 0 });
  for (let i = 0; i < 3; i++) await never.find();
  expect(never.state.asked).toBe(3);
  const ever = names({ ttlMs: Number.POSITIVE_INFINITY });
  for (let i = 0; i < 3; i++) {
    await ever.find();
    ever.state.now += 1e12;
  }
  expect(ever.state.asked).toBe(1);
});

test('dns: those that ask at once wait for one answer, and a failure is not kept', async () => {
  const { state, begin, answer, find } = names({ ttlMs: 1000 });
  state.fails = true;
  const all = [begin(), begin(), begin()];
  expect(state.asked).toBe(1);
  answer();
  expect(await Promise.all(all)).toEqual(['failed', 'failed', 'failed']);
  state.fails = false;
  expect(await find()).toBe('127.0.0.1');
  // An old answer is no answer: a name that is gone fails.
  state.now = 5000;
  state.fails = true;
  expect(await find()).toBe('failed');
});

test('what is refused is left out; an error where nothing is left', async () => {
  const noV4 = asked({}, (address) => (address === '::1' ? undefined : new Error('refused')));
  expect(await noV4()).toEqual(['::1']);
  await expect(asked({}, () => new Error('refused'))()).rejects.toThrow('refused');
});
