/** Parts of the state of the store and the fleet, as routes answer them. */
import type { Pause as CorePause, EngineLimitStatus } from "@trans-hub/core";
import { z } from "zod";
import { Instant } from "./schema.ts";

export const Counts = z
  .strictObject({ pending: z.int(), translated: z.int(), failed: z.int(), approved: z.int() })
  .meta({ id: "Counts" });

export const Pause = z
  .strictObject({
    kind: z.enum(["everything", "engine", "project", "locale"]),
    name: z.string().nullable().describe("Null: everything is paused."),
    since: Instant,
  })
  .meta({ id: "Pause" });

export function pauseOf({ kind, name, since }: CorePause): z.input<typeof Pause> {
  return { kind, name, since: since.toISOString() };
}

/** Whether a project learns of a pause: the names of other projects are behind the wall. */
export function concerns(project: string, { kind, name }: Pick<CorePause, "kind" | "name">): boolean {
  return kind !== "project" || name === project;
}

export const EngineLimit = z
  .strictObject({
    engine: z.string(),
    pausedUntil: Instant.nullable(),
    circuit: z.string().describe("`closed`: called as usual; `open`: not called; `half_open`: one call tries it."),
    openUntil: Instant.nullable(),
    reason: z.string().nullable(),
    faultySince: Instant.nullable(),
    fault: z
      .string()
      .nullable()
      .optional()
      .describe("What the engine answered, which may name its account. Left out in answers about one project."),
    running: z.int(),
  })
  .meta({ id: "EngineLimit" });

export function limitOf({
  pausedUntil,
  openUntil,
  faultySince,
  ...limit
}: EngineLimitStatus): z.input<typeof EngineLimit> {
  return {
    ...limit,
    pausedUntil: isoOrNull(pausedUntil),
    openUntil: isoOrNull(openUntil),
    faultySince: isoOrNull(faultySince),
  };
}

/** The same for the eyes of one project: without the account. */
export function limitForProject(limit: EngineLimitStatus): z.input<typeof EngineLimit> {
  const { fault: _, ...shown } = limitOf(limit);
  return shown;
}

export function isoOrNull(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
