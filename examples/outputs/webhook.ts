/**
 * An output that posts a line of JSON to a web hook every second.
 *
 *     npx brunt run examples/quickstart.ts -o ./examples/outputs/webhook.ts=http://127.0.0.1:9000/hook
 *
 * A hook that is away or overloaded gets later what it missed, as one message.
 */

import { defineOutput, RetryableError } from 'brunt/output';

export default defineOutput(({ target }) => {
  if (target === undefined) throw new Error('name the URL to post to: -o ./webhook.ts=https://…');
  let run = '';
  return {
    open({ id }) {
      run = id;
    },

    async batch(batch, signal) {
      const requests = batch.counter('http_reqs');
      const duration = batch.trend('http_req_duration');
      const body = JSON.stringify({
        run,
        at: batch.to.toISOString(),
        requests: requests?.interval.sum ?? 0,
        p95: duration?.interval.percentile(95) ?? null,
        failed: batch.rate('http_req_failed')?.interval.passes ?? 0,
      });
      const response = await fetch(target, { method: 'POST', body, signal }).catch((error: unknown) => {
        throw new RetryableError(`${target} cannot be reached`, { cause: error });
      });
      if (response.status === 429 || response.status >= 500) {
        const seconds = Number(response.headers.get('retry-after'));
        const afterMs = seconds > 0 ? seconds * 1000 : undefined;
        throw new RetryableError(`${target} answers ${response.status}`, { afterMs });
      }
      if (!response.ok) throw new Error(`${target} refuses: ${response.status}`);
    },
  };
});
