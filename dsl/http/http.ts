/** `http`: the verbs. One object per VU, over that VU's session; clients have their own verbs over the same session. */

import type { VuHost } from '../host.ts';
import { createAgents } from './agents.ts';
import { type Prepared, readEntry, runBatch } from './batch.ts';
import { createClient, type Sender } from './client.ts';
import { CookieJar } from './cookie-jar.ts';
import { ExpectedStatuses } from './expected-statuses.ts';
import { createFetch } from './fetch.ts';
import { instrument } from './instrument.ts';
import { FileData } from './multipart.ts';
import type { HttpResponse } from './response.ts';
import { prepare, readMethod, send } from './send.ts';
import { type Session, sessionOf } from './session.ts';
import type { Batch, BatchEntry, Http, NodeAgents, Send, SendBody } from './types.ts';
import { urlTemplate } from './url.ts';

function batch(
  session: Session,
  sender: Sender,
  requests: unknown,
): Promise<HttpResponse[] | Record<string, HttpResponse>> {
  if (typeof requests !== 'object' || requests === null) {
    throw new TypeError('http.batch: an array or an object of requests was expected');
  }
  const prepareOne = (entry: BatchEntry, place: string | number): Prepared => {
    const { method, url, body, params } = readEntry(entry, String(place));
    return sender.prepare(method === 'GET' ? method : readMethod(method), url, body, params);
  };
  const prepared = Array.isArray(requests)
    ? (requests as BatchEntry[]).map(prepareOne)
    : Object.entries(requests as Record<string, BatchEntry>).map(([place, entry]) =>
        prepareOne(entry, place),
      );
  const { options } = session.host;
  const all = runBatch(prepared, Math.max(1, options.batch), Math.max(1, options.batchPerHost));
  if (Array.isArray(requests)) return all;
  const names = Object.keys(requests);
  return all.then((responses) =>
    Object.fromEntries(names.map((name, i) => [name, responses[i] as HttpResponse])),
  );
}

function verbs(session: Session, sender: Sender): Http {
  // The type of the body follows from params, which are read at run time: nothing here can check it.
  const plain = (method: string): Send =>
    ((url: unknown, params: unknown) => sender.send(method, url, undefined, params)) as unknown as Send;
  const withBody = (method: string): SendBody =>
    ((url: unknown, body: unknown, params: unknown) =>
      sender.send(method, url, body, params)) as unknown as SendBody;
  const fetch = createFetch(session, sender);
  let agents: NodeAgents | undefined;
  const theAgents = (): NodeAgents => {
    agents ??= createAgents(session, sender.name);
    return agents;
  };
  return {
    get: plain('GET'),
    head: plain('HEAD'),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
    del: withBody('DELETE'),
    options: withBody('OPTIONS'),
    request: ((method: unknown, url: unknown, body: unknown, params: unknown) =>
      sender.send(readMethod(method), url, body, params)) as unknown as Http['request'],
    batch: ((requests: unknown) => batch(session, sender, requests)) as unknown as Batch,
    client: (options) => verbs(session, createClient(sender, options)),
    fetch,
    agents: theAgents,
    instrument: (fn) => instrument({ fetch, agents: theAgents() }, fn),
    url: urlTemplate,
    file: (data, filename, contentType) => new FileData(data, filename, contentType),
    expectedStatuses: (...statuses) => new ExpectedStatuses(statuses),
    setResponseCallback: (expected) => session.expect(expected),
    cookieJar: () => session.jar,
    CookieJar,
  };
}

/** Makes a VU's `http`. Its functions need no `this`. */
export function createHttp(host: VuHost): Http {
  const session = sessionOf(host);
  const sender: Sender = {
    send: (method, url, body, params) => send(session, method, url, body, params),
    prepare: (method, url, body, params) => prepare(session, method, url, body, params),
    resolve: (url) => url,
    name: undefined,
  };
  session.send = sender.send;
  return verbs(session, sender);
}
