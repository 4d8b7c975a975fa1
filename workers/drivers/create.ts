/** The driver that a plan's load asks for. */

import { CapacityDriver } from './capacity.ts';
import { ClosedDriver } from './closed.ts';
import { OpenDriver } from './open.ts';
import type { Driver, DriverContext } from './types.ts';

export function createDriver(context: DriverContext): Driver {
  const { load } = context.plan;
  switch (load.kind) {
    case 'arrivals':
      return new OpenDriver(context, load);
    case 'capacity':
      return new CapacityDriver(context, load);
    default:
      return new ClosedDriver(context, load);
  }
}
