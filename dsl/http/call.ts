/**
 * A call of a script that may take several exchanges, each of them a request of its own in the metrics:
 *
 *     attempt --ends as `retry` says--> wait --> attempt …            counted in http_retries
 *     attempt = request [--401 with a Digest challenge--> request with the answer]
 *
 * A time limit holds for an attempt. The 401 that only asks for an answer is expected and does not count as failed.
 */

import { Readable } from 'node:stream';
import { InterruptedError } from '../errors.ts';
import { M } from '../metrics.ts';
import { answer, type Credentials, credentialsOf, readChallenge } from './digest.ts';
import { CODE, type Failure, FailureError, HttpError } from './error-codes.ts';
import type { CallInit } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { Judge } from './judge.ts';
import type { Plan } from './params.ts';
import { rawValues } from './raw-headers.ts';
import { HttpResponse } from './response.ts';
import { type RetryPlan, retries, retryAfterMs } from './retry.ts';
import { newTrace, readTrace } from './trace.ts';
import type { TraceIds } from './types.ts';
import { parseTarget } from './url.ts';

/** Whether a call needs more than one plain exchange. */
export function isSpecial(plan: Plan): boolean {
  return plan.retry !== undefined || plan.digest || plan.traceContext || plan.signal !== undefined;
}

/** `init.plan` is special. */
export async function runCall(init: CallInit): Promise<HttpResponse> {
  const { retry } = init.plan;
  let traceId: string | undefined;
  for (let retried = 0; ; retried++) {
    const traced = withTrace(init, traceId);
    traceId = traced.trace?.traceId;
    const attempt: CallInit = { ...traced.init, about: { retries: retried, trace: traced.trace } };
    let response: HttpResponse;
    let failure: HttpError | undefined;
    try {
      response = await (init.plan.digest ? runDigest(attempt) : runOne(attempt));
    } catch (error) {
      if (!(error instanceof HttpError) || !(error.response instanceof HttpResponse)) throw error;
      failure = error;
      response = error.response;
    }
    const again =
      retry !== undefined &&
      init.plan.signal?.aborted !== true &&
      retried < retry.times &&
      retries(retry, { method: init.method, status: response.status, errorCode: response.errorCode });
    if (!again) {
      if (failure !== undefined) throw failure;
      return response;
    }
    discard(response);
    await backOff(init, retry, retried + 1, response);
    countRetry(init);
  }
}

/** A body that nobody will read must not hold its connection. */
function discard({ body }: HttpResponse): void {
  if (body instanceof Readable) body.destroy();
}

function abortFailure(signal: AbortSignal): Failure {
  const { name } = (signal.reason ?? {}) as { name?: unknown };
  return name === 'TimeoutError'
    ? { code: CODE.timeout, message: "request timed out (the script's AbortSignal)" }
    : { code: CODE.other, message: "aborted by the script's AbortSignal" };
}

/** One exchange, which the script's signal ends. */
async function runOne(init: CallInit): Promise<HttpResponse> {
  const { signal } = init.plan;
  const exchange = new Exchange(init);
  if (signal === undefined) return exchange.run();
  if (signal.aborted) return exchange.refuse(abortFailure(signal));
  const onAbort = (): void => exchange.abort(new FailureError(abortFailure(signal)));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await exchange.run();
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function countRetry({ session, tags, method, name, target }: CallInit): void {
  const named = tags.with('name', name ?? target.name).with('method', method);
  session.host.recorder.series(M.http_retries, named).add(1);
}

async function backOff(
  { session, plan }: CallInit,
  retry: RetryPlan,
  number: number,
  response: HttpResponse,
): Promise<void> {
  const asked = retryAfterMs(response.header('retry-after'), Date.now());
  const ms = Math.max(retry.backoffMs(number), asked);
  await new Promise<void>((resolve, reject) => {
    const waiting = {
      place: -1,
      abort: (reason: Error): void => {
        clearTimeout(timer);
        session.underWay.delete(waiting);
        reject(reason);
      },
    };
    const goOn = (): void => {
      clearTimeout(timer);
      session.underWay.delete(waiting);
      plan.signal?.removeEventListener('abort', goOn);
      resolve();
    };
    const timer = setTimeout(goOn, ms);
    // The next attempt ends at once then, as a failed one.
    plan.signal?.addEventListener('abort', goOn);
    session.underWay.add(waiting);
  });
  if (session.host.interrupted) throw new InterruptedError();
}

/** The headers with a `traceparent`, unless there is one already; all attempts have one trace id. */
function withTrace(
  init: CallInit,
  traceId: string | undefined,
): { readonly init: CallInit; readonly trace: TraceIds | undefined } {
  if (!init.plan.traceContext) return { init, trace: undefined };
  const { headers } = init;
  const own = headers.findIndex((name, i) => i % 2 === 0 && String(name).toLowerCase() === 'traceparent');
  if (own !== -1) return { init, trace: readTrace(String(headers[own + 1])) };
  const trace = newTrace(traceId);
  return { init: { ...init, headers: [...headers, 'traceparent', trace.traceparent] }, trace };
}

/** A 401 is expected, but only if it can be answered. */
function asking(plan: Plan): Plan {
  if (plan.expected === null || plan.expected.includes(401)) return plan;
  const judge: Judge = (status, body, headers) =>
    status === 401 && readChallenge(rawValues(headers, 'www-authenticate')) === undefined
      ? { code: 1401, message: 'unexpected status 401 Unauthorized, without a Digest challenge' }
      : plan.judge?.(status, body, headers);
  return { ...plan, expected: plan.expected.and(401), judge };
}

async function runDigest(init: CallInit): Promise<HttpResponse> {
  const { plan, target, session } = init;
  const credentials = credentialsOf(target.authorization);
  // Without user and password, and with an Authorization header of the script's own, there is nothing to answer.
  if (credentials === undefined || plan.hasAuthorization) return runOne(init);
  const bare = { ...target, authorization: undefined };
  const startedAt = performance.now();
  const response = await runOne({ ...init, target: bare, plan: asking(plan) });
  if (response.status !== 401) return response;
  const authorization = answerTo(response, target.origin.href, credentials);
  if (session.host.interrupted) throw new InterruptedError();
  if (authorization === undefined) {
    session.warnOfDigest(`${init.method} ${response.url}`);
    return response;
  }
  discard(response);
  const { timeoutMs } = plan;
  const left = timeoutMs === 0 ? 0 : Math.max(1, Math.ceil(timeoutMs - (performance.now() - startedAt)));
  const refused = response.redirects.length === 0 ? { ...init, target: bare } : redirected(response, init);
  return runOne({
    ...refused,
    headers: [...init.headers, 'authorization', authorization],
    plan: { ...refused.plan, timeoutMs: left, hasAuthorization: true },
  });
}

/** Undefined where the server asks for nothing that can be answered, or another origin asks. */
function answerTo(response: HttpResponse, origin: string, credentials: Credentials): string | undefined {
  const { method, url } = response.request;
  const { origin: asking, path } = parseTarget(url);
  if (asking.href !== origin) return undefined;
  const challenge = readChallenge(response.headerValues('www-authenticate'));
  return challenge === undefined
    ? undefined
    : answer(challenge, credentials, { method, uri: path, body: response.sentBody });
}

/** The request to where redirects led, which is the one that was refused. */
function redirected(response: HttpResponse, init: CallInit): CallInit {
  const { method, url } = response.request;
  return {
    ...init,
    target: { ...parseTarget(url), authorization: undefined },
    name: init.name ?? init.target.name,
    method,
    body: response.sentBody,
    plan: { ...init.plan, query: '' },
  };
}
