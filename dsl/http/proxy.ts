/**
 * Proxies. For http the request line names the whole URL; for https (and WebSockets) a tunnel is asked for first:
 *
 *     CONNECT host:port HTTP/1.1  ->  200  ->  the connection is the target's from here on
 *
 * Which one: that of the request, else that of the options, else, as in Go and curl, that of the variables
 *
 *     HTTP_PROXY http_proxy      for http
 *     HTTPS_PROXY https_proxy    for https
 *     NO_PROXY no_proxy          not for these: `host`, `.suffix`, `*.suffix`, `10.0.0.0/8`, each with `:port` or without; `*`
 *
 * of which this machine itself (`localhost`, 127.0.0.0/8, ::1) is always free.
 */

import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressFilter, isAddressBlock, isProxyUrl } from '../network.ts';
import { CODE, FailureError } from './error-codes.ts';
import type { Origin } from './url.ts';

export interface ProxyServer {
  /** `host:port`, for messages. */
  readonly name: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

const proxies = new Map<string, ProxyServer>();

/** Throws TypeError where the text is no URL of a proxy. */
export function proxyOf(text: string): ProxyServer {
  let proxy = proxies.get(text);
  if (proxy !== undefined) return proxy;
  if (!isProxyUrl(text))
    throw new TypeError('a proxy is given as http://[user:password@]host[:port], or https://…');
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
  proxy = { name: `${url.hostname}:${port}`, secure, host, port, authorization };
  if (proxies.size > 256) proxies.clear();
  proxies.set(text, proxy);
  return proxy;
}

export type ProxyRule = (origin: Origin) => ProxyServer | undefined;

const LOOPBACK = addressFilter(['127.0.0.0/8', '::1']);

function isHere(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && LOOPBACK(host));
}

function exempted(list: string): (origin: Origin) => boolean {
  const entries = list.split(/[,\s]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const tests = entries.map((entry) => {
    if (isAddressBlock(entry)) {
      const within = addressFilter([entry]);
      return ({ host }: Origin) => isIP(host) !== 0 && within(host);
    }
    const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) as RegExpExecArray;
    const bare = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*/, '');
    // `example.com` means itself and all below, `.example.com` only those below.
    return ({ host, port: at }: Origin) => {
      if (port !== undefined && Number(port) !== at) return false;
      return host === bare || host.endsWith(bare.startsWith('.') ? bare : `.${bare}`);
    };
  });
  return (origin) => tests.some((test) => test(origin));
}

/** The rule of the variables; undefined where they name no proxy. What is no URL of a proxy is taken for `host:port`. */
function ruleOfVariables(env: Readonly<Record<string, string | undefined>>): ProxyRule | undefined {
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  const proxyIn = (name: string): ProxyServer | undefined => {
    const text = read(name);
    if (text === '') return undefined;
    return proxyOf(isProxyUrl(text) ? text : `http://${text}`);
  };
  const forHttp = proxyIn('HTTP_PROXY');
  const forHttps = proxyIn('HTTPS_PROXY');
  if (forHttp === undefined && forHttps === undefined) return undefined;
  const isExempted = exempted(read('NO_PROXY'));
  return (origin) => {
    const proxy = origin.secure ? forHttps : forHttp;
    return proxy === undefined || isHere(origin.host) || isExempted(origin) ? undefined : proxy;
  };
}

export function proxyRule(
  option: string | false | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ProxyRule | undefined {
  if (option === false) return undefined;
  if (option === undefined) return ruleOfVariables(env);
  const proxy = proxyOf(option);
  return () => proxy;
}

/** Longest head of an answer to CONNECT. */
const MAX_HEAD_BYTES = 16_384;

/** Asks for a tunnel over a connection to a proxy; `done` is called once, unless the connection is destroyed. */
export function tunnel(
  stream: Duplex,
  proxy: ProxyServer,
  origin: Origin,
  done: (error: Error | undefined) => void,
): void {
  const host = isIP(origin.host) === 6 ? `[${origin.host}]` : origin.host;
  const place = `${host}:${origin.port}`;
  const credentials =
    proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  let head = Buffer.alloc(0);
  // Not by 'data': a stream that was made to flow, and then to pause, stays paused for those who read it next.
  const finish = (message: string | undefined): void => {
    stream.off('readable', onReadable);
    stream.off('end', onEnd);
    done(message === undefined ? undefined : new FailureError({ code: CODE.dial, message }));
  };
  const onEnd = (): void => finish(`the proxy ${proxy.name} closed the connection when asked for a tunnel`);
  const onReadable = (): void => {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (head.length > MAX_HEAD_BYTES) finish(`the proxy ${proxy.name} did not answer in HTTP`);
      return;
    }
    const match = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?/.exec(head.toString('latin1', 0, end));
    if (match === null) {
      finish(`the proxy ${proxy.name} did not answer in HTTP`);
    } else if (match[1]?.[0] !== '2') {
      finish(`the proxy ${proxy.name} refused the tunnel: ${match[1]} ${match[2] ?? ''}`.trimEnd());
    } else {
      const rest = head.subarray(end + 4);
      if (rest.length > 0) stream.unshift(rest);
      finish(undefined);
    }
  };
  stream.on('readable', onReadable);
  stream.once('end', onEnd);
  stream.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${credentials}\r\n`);
}
