/** The reasons why texts of a run wait, for a person who sees no progress. */
import type { StoreStatus } from "@trans-hub/core";
import { describeWait } from "./budgets.ts";
import { printable } from "./output.ts";

export interface Waiting {
  engines: readonly { name: string }[];
  project: string;
  locales: readonly string[];
}

/** One line for each engine that gets no calls, with the reason and the time of the next call, and for each pause. */
export function reasonsToWait(
  { limits, paused, budgets }: Pick<StoreStatus, "limits" | "paused" | "budgets">,
  { engines, project, locales }: Waiting,
): string[] {
  const names = engines.map(({ name }) => name);
  const concerned = { everything: [null], engine: names, project: [project], locale: locales } as const;
  return [
    ...budgets.flatMap((budget) => (budget.project === project ? (describeWait(budget) ?? []) : [])),
    ...limits.flatMap((limit) => (names.includes(limit.engine) ? (describeLimit(limit) ?? []) : [])),
    ...paused
      .filter(({ kind, name }) => (concerned[kind] as readonly (string | null)[]).includes(name))
      .map(({ kind, name }) => {
        const target = kind === "everything" ? "" : ` --${kind} ${name}`;
        return printable(`${name === null ? "all work" : `${kind} ${name}`} is paused: trans-hub resume${target}`);
      }),
  ];
}

/** Why an engine gets no calls, until when, and the cure. Undefined: it gets calls. */
export function describeLimit({
  engine,
  pausedUntil,
  circuit,
  openUntil,
  reason,
  faultySince,
  fault,
}: StoreStatus["limits"][number]): string | undefined {
  if (circuit !== "closed" && faultySince !== null) {
    const last = fault === null ? "" : `; the last failure: ${fault}`;
    return printable(
      `engine ${engine}: no answer since ${faultySince.toISOString()}${last}; a call tries it every few seconds, and no text loses an attempt`,
    );
  }
  if (circuit === "half_open") return `engine ${engine}: one probe call checks whether ${reason} is over`;
  if (circuit === "open") {
    const fault = reason === "TH_ENGINE_QUOTA" ? "no credit or quota is left" : "its key, model or address is wrong";
    const cure = `after the correction: trans-hub resume --engine ${engine}`;
    return printable(
      `engine ${engine}: gets no calls until ${openUntil?.toISOString()} (${reason}: ${fault}; ${cure})`,
    );
  }
  if (pausedUntil === null) return undefined;
  return printable(`engine ${engine}: paused until ${pausedUntil.toISOString()} (it limited our rate)`);
}
