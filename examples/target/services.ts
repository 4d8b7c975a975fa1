import type { Cache } from './cache.ts';
import type { ChatModel } from './chat.ts';
import type { Database } from './database.ts';
import { HttpError } from './http-error.ts';
import type { Metrics } from './metrics.ts';
import type { Sessions } from './sessions.ts';
import type { TargetSettings } from './settings.ts';

/** What takes time to open: it is missing while the demo system starts. */
export interface Stores {
  readonly database: Database;
  readonly cache: Cache;
}

/** Where the start stands. */
export type Readiness =
  | { readonly state: 'starting' }
  | { readonly state: 'ready'; readonly stores: Stores }
  | { readonly state: 'failed'; readonly reason: string };

/** Everything that handlers work with. */
export interface Services {
  readonly settings: TargetSettings;
  readonly chat: ChatModel;
  readonly sessions: Sessions;
  readonly metrics: Metrics;
  readonly random: () => number;
  readiness(): Readiness;
  webSocketCount(): number;
}

/** The stores, or 503 while there are none. */
export function storesOf(services: Services): Stores {
  const readiness = services.readiness();
  switch (readiness.state) {
    case 'ready':
      return readiness.stores;
    case 'starting':
      throw new HttpError(503, 'the demo system is starting', { 'retry-after': '1' });
    case 'failed':
      throw new HttpError(503, readiness.reason);
  }
}
