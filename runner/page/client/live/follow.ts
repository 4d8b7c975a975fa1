/** How a tab gets its messages: from the worker that all tabs share, or where there is none, by a stream of its own. */

import { STREAM_PATH } from '../../../dashboard/wire.ts';
import { Feed, type FeedMessage } from './feed.ts';

/** `run` names the worker: a page of the next run at this address gets another one. */
export function follow(run: string, tell: (message: FeedMessage) => void): void {
  if (!('SharedWorker' in globalThis)) {
    new Feed(tell);
    return;
  }
  const worker = new SharedWorker(STREAM_PATH, { name: run });
  worker.onerror = () => {
    worker.onerror = null;
    new Feed(tell);
  };
  worker.port.onmessage = ({ data }: MessageEvent<FeedMessage>) => tell(data);
  addEventListener('pagehide', () => worker.port.postMessage('bye'));
  // A page that comes back from the browser's memory has missed something.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}
