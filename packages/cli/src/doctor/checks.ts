/** The production checklist: rules over what was found, without asking anybody. */
import type { StoreStatus } from "@trans-hub/core";

export interface Check {
  name: string;
  status: "ok" | "warn" | "fail";
  detail: string;
  /** What to do; null when all is well. */
  cure: string | null;
}

const DAY_MS = 86_400_000;

export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail, cure: null };
}

/** Without a worker nothing is ever translated. On the embedded database one is often started by hand, when needed. */
export function checkWorkers({ workers }: Pick<StoreStatus, "workers">, kind: "named" | "embedded"): Check {
  const [worker] = workers;
  if (worker !== undefined) {
    return ok("worker", workers.length === 1 ? `one, on ${worker.host}` : `${workers.length} are alive`);
  }
  return {
    name: "worker",
    status: kind === "embedded" ? "warn" : "fail",
    detail: "none is alive",
    cure: "Keep at least one running: trans-hub worker, under Kubernetes, systemd or supervisor.",
  };
}

/**
 * Collection is fresh when the last one is no older than its schedule allows, with a day to spare. One that never ran
 * may be due yet, so that is only a warning.
 */
export function checkCollection(
  { lastCollectionAt }: Pick<StoreStatus, "lastCollectionAt">,
  gcCron: string,
  now: number,
): Check {
  const cure = `Workers collect by TH_GC_CRON (${gcCron}, UTC): keep one running then, or run trans-hub gc from cron.`;
  if (lastCollectionAt === null) return { name: "gc", status: "warn", detail: "never ran", cure };
  const at = lastCollectionAt.toISOString();
  if (now - lastCollectionAt.getTime() <= intervalDays(gcCron) * DAY_MS + DAY_MS) return ok("gc", `last ran ${at}`);
  return { name: "gc", status: "fail", detail: `last ran ${at}, longer ago than its schedule says`, cure };
}

/** The longest that a schedule may leave between two runs, in days: by its coarsest field. */
function intervalDays(cron: string): number {
  const [, , dayOfMonth, month, dayOfWeek] = cron.trim().split(/\s+/);
  if (month !== "*") return 366;
  if (dayOfMonth !== "*") return 31;
  return dayOfWeek === "*" ? 1 : 7;
}
