/** All capacity scenarios of a run: their controllers, made, led and asked together. */

import type { Aggregate, OwnGauges } from '../aggregate/types.ts';
import type { Prepared } from '../run/prepare.ts';
import type { ProbeDone, Session } from '../run/session.ts';
import type { LiveScenario, ScenarioSummary } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import { CapacityController } from './controller.ts';

export class CapacityTeam {
  readonly #controllers: ReadonlyMap<string, CapacityController>;
  readonly #byIndex: ReadonlyMap<number, CapacityController>;

  /** Before the load starts, when the session has its plan. */
  constructor(
    { plan, options, probeRules }: Prepared,
    aggregate: Aggregate,
    gauges: OwnGauges,
    session: Session,
  ) {
    const entries = plan.scenarios.flatMap((scenario) => {
      const control = session.control(scenario.index);
      const rules = probeRules.get(scenario.name);
      if (scenario.load.kind !== 'capacity' || control === undefined || rules === undefined) return [];
      const run = {
        workers: plan.workers,
        maxStartLagMs: options.validity.maxStartLagMs,
        aggregate,
        gauges,
        control,
        elapsedMs: () => session.elapsedMs(),
        order: session.order.bind(session),
        running: () => session.state === 'running',
      };
      return [{ scenario, controller: new CapacityController(run, scenario, rules) }];
    });
    this.#controllers = new Map(entries.map(({ scenario, controller }) => [scenario.name, controller]));
    this.#byIndex = new Map(entries.map(({ scenario, controller }) => [scenario.index, controller]));
  }

  /** Starts every search; rejects if one meets a defect. */
  async lead(): Promise<void> {
    await Promise.all([...this.#controllers.values()].map((controller) => controller.lead()));
  }

  stop(): void {
    for (const controller of this.#controllers.values()) controller.stop();
  }

  probeDone({ scenario, number, exhausted }: ProbeDone, worker: number): void {
    this.#byIndex.get(scenario)?.probeDone(number, worker, exhausted);
  }

  causes(): readonly Cause[] {
    return [...this.#controllers.values()].flatMap((controller) => controller.causes());
  }

  /** The same summaries, those of capacity scenarios with what was found. */
  complete(scenarios: Readonly<Record<string, ScenarioSummary>>): Readonly<Record<string, ScenarioSummary>> {
    return Object.fromEntries(
      Object.entries(scenarios).map(([name, summary]) => {
        const controller = this.#controllers.get(name);
        return [name, controller === undefined ? summary : { ...summary, capacity: controller.summary() }];
      }),
    );
  }

  /** What the live view shows of a scenario beside its counters. */
  live(name: string): Pick<LiveScenario, 'targetRate' | 'note'> {
    const controller = this.#controllers.get(name);
    if (controller === undefined) return {};
    const { rate, probeCount, held } = controller;
    const known = held === null ? '' : `, ${Number(held.toPrecision(3))}/s held`;
    return {
      targetRate: rate ?? 0,
      ...(probeCount === 0 ? {} : { note: `probe ${probeCount}${known}` }),
    };
  }
}
