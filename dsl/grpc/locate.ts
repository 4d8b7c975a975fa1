/** From the address that a script wrote to what the library is to dial, by the options for names and addresses. */

import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { VuHost } from '../host.ts';
import { classify, type Failure, FailureError, timeoutFailure } from '../http/error-codes.ts';
import { names } from '../http/lookup.ts';
import { type Transport, transportOf } from '../http/transport.ts';
import type { Origin } from '../http/url.ts';

export interface Location {
  /** The name that TLS asks for, where the targets are not what the script wrote; undefined for an address. */
  readonly name: string | undefined;
  readonly byAddress: boolean;
  /** As the library takes them, one for each family: to be tried in this order. */
  readonly targets: readonly string[];
  /** A connection came up with this target. */
  came(target: string): void;
}

function originOf(address: string): Origin {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { href: '', secure: true, host, port: Number(address.slice(colon + 1)), authority: address };
}

function lookUp(transport: Transport, host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    transport.lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses as LookupAddress[]);
      else reject(error);
    });
  });
}

/** A target that names addresses of one family. */
function targetOf(addresses: readonly LookupAddress[], port: number): string {
  const [first] = addresses;
  if (first?.family === 6) return `ipv6:${addresses.map(({ address }) => `[${address}]:${port}`).join()}`;
  return `ipv4:${addresses.map(({ address }) => `${address}:${port}`).join()}`;
}

/** Never rejects. `deadline` is a moment. */
export async function locate(host: VuHost, address: string, deadline: number): Promise<Location | Failure> {
  const origin = originOf(address);
  const transport = transportOf(host);
  let timer: NodeJS.Timeout | undefined;
  try {
    const place = transport.reach(origin.host, origin.port);
    const port = Number(place.port);
    const name = isIP(origin.host) === 0 ? origin.host : undefined;
    const family = isIP(place.host);
    if (family !== 0) {
      const byAddress = place.host !== origin.host || port !== origin.port;
      const target = byAddress ? targetOf([{ address: place.host, family }], port) : address;
      return { name, byAddress, targets: [target], came: () => undefined };
    }
    const leftMs = deadline - Date.now();
    const late = new Promise<never>((_, reject) => {
      if (leftMs > LONGEST_MS) return;
      timer = setTimeout(
        () => reject(new FailureError(timeoutFailure('lookup', Math.max(0, Math.round(leftMs)), origin))),
        leftMs,
      );
    });
    const found = await Promise.race([lookUp(transport, place.host), late]);
    const families = [...new Set(found.map((each) => each.family))];
    const targets = families.map((one) =>
      targetOf(
        found.filter((each) => each.family === one),
        port,
      ),
    );
    const came = (target: string): void => names.preferFamily(place.host, target.startsWith('ipv6:') ? 6 : 4);
    return { name, byAddress: true, targets, came };
  } catch (error) {
    return classify(error, 'lookup', origin);
  } finally {
    clearTimeout(timer);
  }
}

/** The longest that Node's timers take. */
const LONGEST_MS = 2 ** 31 - 1;
