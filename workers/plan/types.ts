/** The plan: what will run when, as plain data. Made once on the main thread, printed by `inspect`, run by drivers. */

/** From `atMs` on (ms since the scenario's start), `vus` VUs. Steps are sorted by time; the first is at 0. */
export interface VuStep {
  readonly atMs: number;
  readonly vus: number;
}

/** Part of a rate curve: the rate goes in a straight line from `fromPerMs` to `toPerMs` (arrivals per ms). */
export interface RateSegment {
  readonly durationMs: number;
  readonly fromPerMs: number;
  readonly toPerMs: number;
}

/** When arrivals happen, as data; `workers/plan/arrivals.ts` turns it into `arrivalAt(n)`. */
export type ArrivalCurve =
  | {
      readonly kind: 'rate';
      readonly segments: readonly RateSegment[];
      /**
       * Area under the curve at which arrival 0 happens: 0 for a constant rate (the first arrival at once), 1 for a
       * ramp (the first when one whole arrival has accumulated), as in k6.
       */
      readonly firstArea: 0 | 1;
      /** Seed of exponential spacing in area (a Poisson process); undefined for even spacing. */
      readonly poissonSeed: number | undefined;
    }
  | { readonly kind: 'burst'; readonly size: number; readonly everyMs: number; readonly count: number };

/** How a capacity scenario looks for its rate; rates are arrivals per second. */
export interface CapacityPlan {
  readonly startRate: number;
  readonly maxRate: number;
  readonly precision: number;
  readonly warmUpMs: number;
  /** Measured part of a probe, where it need not be longer for want of samples. */
  readonly probeMs: number;
  readonly settleMs: number;
  /** Undefined for even spacing; each probe has a seed of its own that follows from this one. */
  readonly poissonSeed: number | undefined;
}

/** One probe of a capacity scenario. What it measures carries the tag `probe` with its number. */
export interface Probe {
  /** 1, 2, 3 … within the scenario. */
  readonly number: number;
  readonly ratePerMs: number;
  /** Time of the first arrival, ms since the run's start. */
  readonly startMs: number;
  /** Arrivals of this first part are not tagged, so they are not judged. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** What the shared counter `next` stands at: arrivals of earlier probes. */
  readonly firstArrival: number;
  readonly poissonSeed: number | undefined;
}

export type Load =
  | {
      readonly kind: 'iterations';
      /** `shared`: one count for all VUs; `per-vu`: the count is each VU's own. */
      readonly mode: 'shared' | 'per-vu';
      readonly vus: number;
      readonly iterations: number;
    }
  | {
      readonly kind: 'vus';
      /** VUs that may start iterations. */
      readonly steps: readonly VuStep[];
      /** VUs that may still be finishing one (k6's reserved VUs), up to the end of the graceful stop. */
      readonly reserved: readonly VuStep[];
      readonly gracefulRampDownMs: number;
    }
  | {
      readonly kind: 'arrivals';
      readonly curve: ArrivalCurve;
      readonly whenBusy: 'drop' | 'queue';
    }
  | {
      /** Arrivals in probes, whose rates the main thread decides one after the other. */
      readonly kind: 'capacity';
      readonly whenBusy: 'drop' | 'queue';
      readonly search: CapacityPlan;
    };

export interface ScenarioPlan {
  /** Place in the plan; index of the scenario's block in the shared control memory. */
  readonly index: number;
  readonly name: string;
  readonly executor: string;
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly startTimeMs: number;
  /** Regular time after `startTimeMs` (for iteration executors the `maxDuration`). */
  readonly durationMs: number;
  readonly gracefulStopMs: number;
  /** VUs made before the start, over all workers. */
  readonly plannedVUs: number;
  /** Most VUs at any time, over all workers. */
  readonly maxVUs: number;
  readonly load: Load;
}

export interface RunPlan {
  readonly scenarios: readonly ScenarioPlan[];
  readonly workers: number;
  readonly seed: number;
  /** Latest regular end of a scenario, ms since the run's start, without graceful stops. */
  readonly durationMs: number;
  /** The same with graceful stops: nothing runs after this. */
  readonly latestEndMs: number;
  readonly plannedVUs: number;
  readonly maxVUs: number;
}
