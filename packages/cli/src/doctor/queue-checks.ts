/** Rules over the queue and the fleet, as `status` reports them. */

import type { StoreStatus } from "@trans-hub/core";
import { printable } from "../output.ts";
import { describeRefused } from "../refused-items.ts";
import { type Check, ok, warn } from "./check.ts";

const DAY_MS = 86_400_000;

/** Seconds for which work may be ready without being claimed before a person should look into it. */
const STALE_SECONDS = 600;

/**
 * Without a worker nothing is ever translated. For the embedded database a worker is often started by hand, when
 * needed.
 */
export function checkWorkers({ workers }: Pick<StoreStatus, "workers">, kind: "named" | "embedded"): Check {
  const [worker] = workers;
  if (worker !== undefined) {
    return ok("worker", workers.length === 1 ? `one is alive, on ${worker.host}` : `${workers.length} are alive`);
  }
  return {
    name: "worker",
    status: kind === "embedded" ? "warn" : "fail",
    detail: "none is alive",
    cure: "Keep at least one running: trans-hub worker, under Kubernetes, systemd or supervisor.",
  };
}

/** Items that were accepted inside a transaction and cannot be registered: their callers got no error. */
export function checkInbox({ refused }: Pick<StoreStatus, "refused">): Check[] {
  if (Object.keys(refused).length === 0) return [];
  const cure =
    "Read them (select id, refused, items from trans_hub.inbox where refused is not null), request corrected items, and delete these rows.";
  return [{ name: "inbox", status: "warn", detail: describeRefused(refused), cure }];
}

/** A pause lasts until an operator resumes it, and is easily forgotten. */
export function checkPauses({ paused }: Pick<StoreStatus, "paused">): Check[] {
  return paused.map(({ kind, name, since }) => ({
    name: "pause",
    status: "warn",
    detail: printable(
      `${kind === "everything" ? "everything" : `${kind} ${name}`} is paused since ${since.toISOString()}`,
    ),
    cure: printable(`trans-hub resume${kind === "everything" ? "" : ` --${kind} ${name}`}`),
  }));
}

/** Work that waits for a budget is late by intent; that of an engine without a price waits for a person. */
export function checkBudgets({ budgets }: Pick<StoreStatus, "budgets">): Check[] {
  return budgets.flatMap((budget): Check[] => {
    const { project, per, amount, currency, spent, held, state, reason, unpricedEngine, waiting, endsAt } = budget;
    const which = `project ${project} per ${per}: ${spent} of ${amount} ${currency} spent, ${held} held`;
    if (state === "ok") return [ok("budget", printable(which))];
    if (state === "near") {
      return [
        warn(
          "budget",
          printable(`${which}; nearly used up`),
          "Let it end the work, or raise it: trans-hub budget set.",
        ),
      ];
    }
    const texts = `${waiting} texts wait`;
    return reason === "price"
      ? [
          warn(
            "budget",
            printable(`${which}; ${texts}, because engine ${unpricedEngine ?? "of the chain"} cannot be held to it`),
            `Add its price to TH_PRICES_FILE in ${currency}, restart the workers, and set the budget again.`,
          ),
        ]
      : [
          warn(
            "budget",
            printable(`${which}; ${texts} until ${endsAt.toISOString()}`),
            "Raise it: trans-hub budget set.",
          ),
        ];
  });
}

/**
 * Engines whose account or setting is at fault, or that give no answer: workers make only a single call now and then.
 *
 * @param closed Engines that answered the doctor, whose circuits it closed.
 */
export function checkCircuits({ limits }: Pick<StoreStatus, "limits">, closed: readonly string[] = []): Check[] {
  const open = limits.flatMap(({ engine, circuit, reason, openUntil, faultySince, fault }): Check[] => {
    if (circuit === "closed") return [];
    if (faultySince !== null) {
      const last = fault === null ? "" : `; the last failure: ${fault}`;
      const cure = `Check engine "${engine}" and the network to it. Its texts wait and lose no attempt, and the fleet tries it every few seconds.`;
      return [warn("circuit", `engine ${engine} gives no answer since ${faultySince.toISOString()}${last}`, cure)];
    }
    const next = openUntil === null ? "the next call is a probe" : `until ${openUntil.toISOString()}`;
    const resume = `run trans-hub resume --engine ${engine}, which ends the wait`;
    const cure =
      reason === "TH_ENGINE_QUOTA"
        ? `Check the plan and the billing of the account of engine "${engine}", then ${resume}.`
        : `Correct the key, model or address of engine "${engine}", restart the workers, and ${resume}.`;
    return [warn("circuit", `engine ${engine} gets no calls, ${next} (${reason})`, cure)];
  });
  const again = closed.map((engine) => {
    return ok("circuit", `engine ${engine} takes calls again: its circuit was open, and is closed now`);
  });
  return [...open, ...again];
}

/** Two releases are normal while a fleet is replaced; over a longer time, some workers were forgotten. */
export function checkReleases({ workers }: Pick<StoreStatus, "workers">): Check {
  const releases = [...new Set(workers.map(({ version }) => version))].sort();
  if (releases.length <= 1) return ok("release", releases[0] ?? "no worker is alive");
  return warn("release", `workers of ${releases.join(" and ")}`, "Replace the workers of the older release.");
}

export function checkBacklog({ oldestReadySeconds }: Pick<StoreStatus, "oldestReadySeconds">): Check {
  if (oldestReadySeconds === null) return ok("backlog", "nothing waits");
  const detail = `the oldest work has been ready for ${Math.round(oldestReadySeconds)} s`;
  if (oldestReadySeconds <= STALE_SECONDS) return ok("backlog", detail);
  return warn("backlog", detail, "See trans-hub status; start more workers, or a worker for the waiting locale.");
}

/**
 * Collection is fresh when the last run is no older than its schedule allows, with a day to spare. If it never ran it
 * may be due yet, so that is only a warning.
 */
export function checkCollection(
  { lastCollectionAt }: Pick<StoreStatus, "lastCollectionAt">,
  gcCron: string,
  now: number,
): Check {
  const cure = `Workers collect by TH_GC_CRON (${gcCron}, UTC): keep a worker running at that time, or run trans-hub gc by cron.`;
  if (lastCollectionAt === null) return { name: "gc", status: "warn", detail: "never ran", cure };
  const at = lastCollectionAt.toISOString();
  if (now - lastCollectionAt.getTime() <= intervalDays(gcCron) * DAY_MS + DAY_MS) return ok("gc", `last ran ${at}`);
  return { name: "gc", status: "fail", detail: `last ran ${at}, longer ago than the schedule allows`, cure };
}

/** The longest time between two runs of a schedule, in days, judged by its coarsest field. */
function intervalDays(cron: string): number {
  const [, , dayOfMonth, month, dayOfWeek] = cron.trim().split(/\s+/);
  if (month !== "*") return 366;
  if (dayOfMonth !== "*") return 31;
  return dayOfWeek === "*" ? 1 : 7;
}
