/**
 * A shared worker that holds the one stream of all tabs. A browser opens six connections to a host at most; with a
 * stream each, the seventh tab would wait for ever.
 */

import { Feed, type FeedMessage } from './live/feed.ts';

interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const ports = new Set<MessagePort>();

function tellAll(message: FeedMessage): void {
  for (const port of ports) port.postMessage(message);
}

const feed = new Feed(tellAll);

(globalThis as unknown as SharedScope).onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  // Whatever a tab says is that it goes.
  port.onmessage = () => ports.delete(port);
  for (const message of feed.soFar) port.postMessage(message);
  ports.add(port);
};
