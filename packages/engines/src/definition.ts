import type { Engine } from "@trans-hub/core/engine";
import type { z } from "zod";

/** An engine as the command line knows it: by its name, and made from settings. */
export interface EngineDefinition<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  /** Lower-case letters, digits and `-`. */
  readonly name: Name;
  /**
   * The engine's settings. The environment names a field by engine and field: `apiKey` of `openai` is
   * `TH_OPENAI_API_KEY`. Each field reads a string (`setting-kinds.ts`), and its description becomes the setting's line
   * in docs/operations.md. `rpm`, `tpm` and `concurrency` are taken: every engine has these limits.
   */
  readonly settings: Schema;
  /**
   * Makes the engine. Its code is loaded here, as most commands read settings and use no engine. Nothing is contacted.
   *
   * @param timeoutMs Milliseconds for one call. Undefined: the engine's default.
   * @throws {SettingsError} A setting that the engine needs is missing.
   * @throws {EngineConfigError} The engine cannot work with the value of a setting.
   */
  make(settings: z.output<Schema>, timeoutMs: number | undefined): Promise<Engine>;
}

/** Keeps the types of name and settings, which an annotation would widen. */
export function defineEngine<const Name extends string, Schema extends z.ZodObject>(
  definition: EngineDefinition<Name, Schema>,
): EngineDefinition<Name, Schema> {
  return definition;
}
