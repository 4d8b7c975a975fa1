/**
 * How connections are made: what the options, or a request's own params, say about HTTP/2, TLS, proxies, names and
 * addresses.
 *
 *     origin -> blocked name? -> override in `hosts`? -> blocked address? -> proxy? -> dial
 *
 * Protocols that no HTTP proxy carries (gRPC, SQL, Redis, those of packages) go the same way without the proxy.
 */

import { isIP, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { VuHost } from '../host.ts';
import {
  addressFilter,
  type ClientCertificate,
  HostTable,
  localAddress,
  type Place,
  parsePlace,
  type ResolvedNetwork,
  type TlsVersion,
} from '../network.ts';
import type { ResolvedOptions } from '../options.ts';
import { CODE, FailureError } from './error-codes.ts';
import { names } from './lookup.ts';
import { type ProxyRule, type ProxyServer, proxyRule } from './proxy.ts';
import { secureContext } from './tls.ts';
import type { Origin } from './url.ts';

/** What a request may say of itself; undefined: as the options say. */
export interface TransportParams {
  readonly http2: boolean | 'auto' | undefined;
  readonly proxy: string | false | undefined;
  readonly tls: TlsParams | undefined;
  /** What follows is not HTTP: a proxy is always asked for a tunnel. */
  readonly tunnels?: true;
}

export interface TlsParams {
  readonly ca: readonly string[] | undefined;
  readonly certificate: ClientCertificate | undefined;
  readonly min: TlsVersion | undefined;
  readonly max: TlsVersion | undefined;
  readonly ciphers: readonly string[] | undefined;
  readonly insecure: boolean | undefined;
  readonly serverName: string | undefined;
}

/** Where to dial for an origin. */
export interface Route {
  readonly host: string;
  readonly port: number;
  readonly proxy: ProxyServer | undefined;
}

export type ConnectOptions = TcpNetConnectOpts & { readonly host: string };

/** What all VUs of a thread with the same options share. */
interface Rules {
  readonly network: ResolvedNetwork;
  readonly insecure: boolean;
  readonly hosts: HostTable<Place> | undefined;
  readonly blockedNames: HostTable<string> | undefined;
  readonly isBlocked: ((address: string) => boolean) | undefined;
  readonly lookup: LookupFunction;
  readonly proxy: ProxyRule | undefined;
  readonly certificates: HostTable<ClientCertificate> | undefined;
}

function tableOf<T, V>(
  items: readonly T[],
  read: (item: T) => readonly [string, V],
): HostTable<V> | undefined {
  if (items.length === 0) return undefined;
  const table = new HostTable<V>();
  for (const item of items) table.add(...read(item));
  return table;
}

function blockedAddress(address: string): Error {
  return new FailureError({
    code: CODE.blockedAddress,
    message: `the address ${address} is in blacklistIPs`,
  });
}

function makeRules(options: ResolvedOptions, env: VuHost['env']): Rules {
  const { network } = options;
  const isBlocked = network.blacklistIPs.length === 0 ? undefined : addressFilter(network.blacklistIPs);
  const refuse =
    isBlocked && ((address: string) => (isBlocked(address) ? blockedAddress(address) : undefined));
  const certificates = network.tlsAuth.flatMap((certificate) =>
    (certificate.domains.length === 0 ? ['*'] : certificate.domains).map(
      (domain) => [domain, certificate] as const,
    ),
  );
  return {
    network,
    insecure: options.insecureSkipTLSVerify,
    hosts: tableOf(Object.entries(network.hosts), ([name, text]) => [name, parsePlace(text) as Place]),
    blockedNames: tableOf(network.blockHostnames, (pattern) => [pattern, pattern]),
    isBlocked,
    lookup: names.lookupBy(network.dns, refuse),
    proxy: proxyRule(network.proxy, env),
    certificates: tableOf(certificates, (pair) => pair),
  };
}

const rules = new WeakMap<ResolvedOptions, Rules>();

function rulesOf(host: VuHost): Rules {
  let found = rules.get(host.options);
  if (found === undefined) {
    found = makeRules(host.options, host.env);
    rules.set(host.options, found);
  }
  return found;
}

/** Numbers for what requests say of themselves: PEM texts would make long keys of connections. */
const numbers = new Map<string, number>();
let lastNumber = 0;

function numberFor(words: string): number {
  let number = numbers.get(words);
  if (number === undefined) {
    if (numbers.size >= 4096) numbers.clear();
    number = ++lastNumber;
    numbers.set(words, number);
  }
  return number;
}

const transports = new WeakMap<VuHost, Transport>();

/** The transport of a VU's options, which do not exist yet while modules load. */
export function transportOf(host: VuHost): Transport {
  let transport = transports.get(host);
  if (transport === undefined) {
    const shared = rulesOf(host);
    const local = localAddress(shared.network.localIPs, host.context.id);
    transport = new Transport(shared, local, undefined, local ?? '');
    transports.set(host, transport);
  }
  return transport;
}

export class Transport {
  /** Connections of transports with different keys are not shared; the empty one is that of most runs. */
  readonly key: string;
  readonly http2: boolean | 'auto';
  readonly insecure: boolean;
  readonly lookup: LookupFunction;
  readonly localAddress: string | undefined;
  readonly #rules: Rules;
  readonly #own: TransportParams | undefined;
  readonly #proxy: ProxyRule | undefined;
  readonly #variants = new Map<string, Transport>();

  constructor(shared: Rules, local: string | undefined, own: TransportParams | undefined, key: string) {
    this.#rules = shared;
    this.#own = own;
    this.key = key;
    this.localAddress = local;
    this.lookup = shared.lookup;
    this.http2 = own?.http2 ?? shared.network.http2;
    this.insecure = own?.tls?.insecure ?? shared.insecure;
    this.#proxy = own?.proxy === undefined ? shared.proxy : proxyRule(own.proxy, {});
  }

  /** This transport with what a request says of itself; the same object for the same words. */
  with(changes: TransportParams): Transport {
    const params: TransportParams = {
      http2: changes.http2 ?? this.#own?.http2,
      proxy: changes.proxy ?? this.#own?.proxy,
      tls: changes.tls ?? this.#own?.tls,
      ...(changes.tunnels === true ? { tunnels: true } : {}),
    };
    const words = JSON.stringify(params);
    let variant = this.#variants.get(words);
    if (variant === undefined) {
      if (this.#variants.size >= 256) this.#variants.clear();
      variant = new Transport(
        this.#rules,
        this.localAddress,
        params,
        `${this.localAddress ?? ''}#${numberFor(words)} `,
      );
      this.#variants.set(words, variant);
    }
    return variant;
  }

  /** For WebSockets. */
  forTunnels(): Transport {
    return this.with({ http2: false, proxy: undefined, tls: undefined, tunnels: true });
  }

  get tunnels(): boolean {
    return this.#own?.tunnels === true;
  }

  /** Throws FailureError where the origin is blocked. */
  route(origin: Origin): Route {
    const { host, port } = this.#placeOf(origin.host, origin.port);
    const proxy = this.#proxy?.(origin);
    if (proxy === undefined) return { host, port, proxy };
    // What is behind a proxy is resolved there.
    this.#refuseAddress(proxy.host);
    return { host: proxy.host, port: proxy.port, proxy };
  }

  /** What `net.connect` is given for a place that no proxy is asked for. Throws FailureError where it is blocked. */
  reach(host: string, port: number): ConnectOptions {
    return this.connectOptions(this.#placeOf(host, port));
  }

  connectOptions({ host, port }: Pick<Route, 'host' | 'port'>): ConnectOptions {
    const { lookup, localAddress: from } = this;
    const local = from === undefined ? {} : { localAddress: from, family: isIP(from) };
    return { host, port, lookup, noDelay: true, autoSelectFamily: from === undefined, ...local };
  }

  #placeOf(host: string, port: number): { readonly host: string; readonly port: number } {
    const { blockedNames, hosts } = this.#rules;
    const pattern = isIP(host) === 0 ? blockedNames?.find(host) : undefined;
    if (pattern !== undefined) {
      const message = `the host ${host} is in blockHostnames (${pattern})`;
      throw new FailureError({ code: CODE.blockedName, message });
    }
    const place = hosts?.find(host, `:${port}`) ?? hosts?.find(host);
    const target = { host: place?.host ?? host, port: place?.port ?? port };
    this.#refuseAddress(target.host);
    return target;
  }

  #refuseAddress(host: string): void {
    if (isIP(host) !== 0 && this.#rules.isBlocked?.(host) === true) throw blockedAddress(host);
  }

  get serverName(): string | undefined {
    return this.#own?.tls?.serverName;
  }

  /** What TLS with a host is spoken with. Throws where a certificate or key cannot be used. */
  context(host: string): SecureContext {
    const { network, certificates } = this.#rules;
    const own = this.#own?.tls;
    return secureContext({
      ca: own?.ca ?? network.tlsCA,
      certificate: own?.certificate ?? certificates?.find(host),
      min: own?.min ?? network.tlsVersion.min,
      max: own?.max ?? network.tlsVersion.max,
      ciphers: own?.ciphers ?? network.tlsCipherSuites,
    });
  }

  /** What is offered in the handshake. */
  get protocols(): string[] {
    if (this.http2 === true) return ['h2'];
    return this.http2 === 'auto' ? ['h2', 'http/1.1'] : ['http/1.1'];
  }
}
