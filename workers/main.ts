/** Entry of a worker thread: Piscina calls this once, and it returns when the run is over. */

import type { WorkerTask } from './messages.ts';
import { Thread } from './thread.ts';

export default async function main(task: WorkerTask): Promise<void> {
  await new Thread(task).run();
}
