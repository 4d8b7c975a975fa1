/** The driver that a plan's load asks for. */

import { ClosedDriver } from './closed.ts';
import { OpenDriver } from './open.ts';
import type { Driver, DriverContext } from './types.ts';

export function createDriver(context: DriverContext): Driver {
  const { load } = context.plan;
  return load.kind === 'arrivals' ? new OpenDriver(context, load) : new ClosedDriver(context, load);
}
