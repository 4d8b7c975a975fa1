/** Entry of the live page: shows what the server that it came from tells. */

import { follow } from './live/follow.ts';
import { LiveView } from './live/view.ts';

const root = document.getElementById('page');
if (root !== null) {
  const view = new LiveView(root);
  follow(root.dataset.run ?? '', (message) => view.hear(message));
}
