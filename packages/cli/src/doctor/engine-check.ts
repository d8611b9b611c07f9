/** Checks whether the engines can translate. */
import type { Engine, EngineFailure } from "@trans-hub/core/engine";
import { noEngineAllowed } from "@trans-hub/core/store";
import type { Settings } from "../settings/settings.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const PROBE_MS = 10_000;

/** The remedy where no setting helps. */
const WAIT = "Check the engine and the network to it; until it is back, pause --engine NAME consumes no attempts.";

/**
 * @param make Makes the engines; rejects if a name or a key is missing.
 * @param call Whether each engine may be called, by a request that costs nothing and sends no text.
 */
export async function checkEngine(
  make: () => Promise<readonly Engine[]>,
  { engines: named, projectEngines }: Pick<Settings, "engines" | "projectEngines">,
  call: boolean,
): Promise<Check> {
  let engines: readonly Engine[];
  try {
    engines = await make();
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    return fail("engine", message, hint ?? "Set TH_ENGINES.");
  }
  try {
    const barred = Object.keys(projectEngines).flatMap((project) => {
      return noEngineAllowed(projectEngines, project, engines) ?? [];
    });
    if (barred.length > 0) {
      const detail = `${barred.map(({ message }) => message).join("; ")}: its texts go to the dead letters`;
      return fail("engine", detail, barred[0]?.hint ?? "");
    }
    if (named.length === 0) {
      return warn("engine", "no engine is set, so pseudo is used", "Set TH_ENGINES for real translations.");
    }
    const failures = call ? await Promise.all(engines.map(probe)) : [];
    const failure = failures.find((each) => each !== undefined);
    if (failure !== undefined) {
      return fail("engine", failure.error.message, failure.error.hint ?? WAIT);
    }
    const asked = call && engines.some((engine) => engine.probe !== undefined);
    return ok("engine", `${engines.map(({ name }) => name).join(", ")}: set${asked ? ", and answers" : ""}`);
  } finally {
    await Promise.all(engines.map((engine) => engine.close?.()));
  }
}

async function probe(engine: Engine): Promise<EngineFailure | undefined> {
  return engine.probe?.(AbortSignal.timeout(PROBE_MS));
}
