/** Why texts behind a server are not translated, and when waiting for them is no longer worth it. */
import type { StoreStatus, TransHubError } from "@trans-hub/core";
import { chainFor } from "@trans-hub/core/engine";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import { describeLimit, reasonsToWait } from "../reasons-to-wait.ts";
import { isOnlyBudget } from "../translate/only-budget.ts";
import type { EngineFacts } from "./catalog-store.ts";

/** The state of the fleet, as far as it concerns one project. */
export interface FleetState extends Pick<StoreStatus, "limits" | "paused" | "budgets" | "inbox"> {
  /** By the server's clock. */
  now: Date;
  translations: { pending: number };
  locales: Readonly<Record<string, { pending: number }>>;
  jobs: { running: number };
  /** The locales of each worker; null: all. */
  workers: readonly { locales: readonly string[] | null }[];
}

export interface FleetWaitOptions {
  project: string;
  /** The engines of the fleet that may get the project's texts, as far as they are known. */
  engines: readonly EngineFacts[];
  tell(line: string): void;
  /** By default the times of a run in a terminal. Milliseconds. */
  noWorkerMs?: number | undefined;
  outageMs?: number | undefined;
  now?: (() => number) | undefined;
}

/** Work that a person waits for ends after this time in which no engine answered. Milliseconds. */
const OUTAGE_MS = 60_000;
/** A fleet that was scaled to zero takes minutes to begin. Milliseconds. */
const NO_WORKER_MS = 300_000;

/** Looks at the fleet while nothing is settled. */
export class FleetWait {
  readonly #options: FleetWaitOptions;
  readonly #told = new Set<string>();
  /** The first look in a row that found no worker. */
  #aloneSince: number | undefined;

  constructor(options: FleetWaitOptions) {
    this.#options = options;
  }

  /**
   * Tells each reason for the wait once.
   *
   * @param left The target locales of the texts that are left.
   * @returns The reason to end. Undefined: waiting is worth it.
   */
  async look(state: FleetState, left: readonly string[]): Promise<TransHubError | undefined> {
    const { project, engines } = this.#options;
    const [budget] = state.budgets;
    if (budget !== undefined && isOnlyBudget(budget, state, left, true)) {
      const { budgetWait } = await import("@trans-hub/worker");
      return budgetWait({ listBudgets: async () => [...state.budgets] }, project);
    }
    const names = engines.length > 0 ? engines : state.limits.map(({ engine: name }) => ({ name }));
    for (const reason of reasonsToWait(state, { engines: names, project, locales: left })) this.#tell(reason);
    return this.#stopped(state, left) ?? this.#deserted(state, left);
  }

  /** No engine is left to ask for any of the texts. */
  #stopped({ limits, now }: FleetState, left: readonly string[]): TransHubError | undefined {
    const { engines, outageMs = OUTAGE_MS } = this.#options;
    const stopped = new Map(
      limits.filter((limit) => isStopped(limit, now.getTime() - outageMs)).map((limit) => [limit.engine, limit]),
    );
    const chains = left.map((locale) => chainFor(engines, locale).map(({ name }) => name));
    const isDead = (chain: readonly string[]) => chain.length > 0 && chain.every((name) => stopped.has(name));
    const [first] = chains;
    if (first === undefined || !chains.every(isDead)) return undefined;
    const limit = stopped.get(first[0] ?? "");
    const why = limit === undefined ? undefined : describeLimit(limit);
    return new EnginesStoppedError(`No engine is left to ask; the other texts still wait. ${why ?? ""}`.trim(), {
      hint: "Correct the engine where the workers run, then run the same command again.",
    });
  }

  /** No worker is there to take the texts. */
  #deserted({ workers }: FleetState, left: readonly string[]): TransHubError | undefined {
    const { noWorkerMs = NO_WORKER_MS, now = () => performance.now() } = this.#options;
    const alone = left.filter((locale) => !workers.some(({ locales }) => locales?.includes(locale) ?? true));
    if (alone.length < left.length || left.length === 0) {
      this.#aloneSince = undefined;
      return undefined;
    }
    this.#tell(`no worker is running behind the server for ${listed(alone)}: trans-hub worker`);
    this.#aloneSince ??= now();
    if (now() - this.#aloneSince < noWorkerMs) return undefined;
    return new EnginesStoppedError(
      `No worker has been running behind the server for ${Math.round(noWorkerMs / 1_000)} s, and the texts wait`,
      { hint: "Start one where the database is: trans-hub worker. Then run the same command again." },
    );
  }

  #tell(reason: string): void {
    if (!this.#told.has(reason)) this.#options.tell(reason);
    this.#told.add(reason);
  }
}

/** Whether an engine gets no calls until a person acts, or has not answered since a time. */
function isStopped({ circuit, faultySince }: StoreStatus["limits"][number], outageSince: number): boolean {
  if (circuit === "closed") return false;
  return faultySince === null ? circuit === "open" : faultySince.getTime() <= outageSince;
}

function listed(locales: readonly string[]): string {
  return `${locales.slice(0, 5).join(", ")}${locales.length > 5 ? ", …" : ""}`;
}
