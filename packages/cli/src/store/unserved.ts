import { chainFor } from "@trans-hub/core/engine";
import { noEngineAllowed, type ProjectEngines } from "@trans-hub/core/store";
import { UsageError } from "../usage-error.ts";
import type { EngineFacts } from "./catalog-store.ts";

/**
 * @param engines Empty: they are not known, and nothing is refused.
 * @throws {UsageError | EngineNotAllowedError} A target locale has no engine, or the project may use none of them.
 */
export function refuseUnserved(
  engines: readonly EngineFacts[],
  rules: ProjectEngines,
  project: string,
  locales: readonly string[],
): void {
  if (engines.length === 0) return;
  const unserved = locales.filter((locale) => chainFor(engines, locale).length === 0);
  if (unserved.length > 0) {
    throw new UsageError(
      `no engine is for ${unserved.join(", ")}`,
      "Add the locale to an engine, such as deepl:de,fr, or an engine without locales behind a semicolon.",
    );
  }
  const barred = noEngineAllowed(rules, project, engines);
  if (barred !== undefined) throw barred;
}
