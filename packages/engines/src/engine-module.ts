import type { Engine } from "@trans-hub/core/engine";

/** The argument of an engine's module. */
export interface EngineContext {
  /** The environment, with the `.env` of the working directory. Name your variables by a prefix other than `TH_`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which the fleet aborts a call: `TH_ENGINE_TIMEOUT_SECONDS`. */
  readonly engineTimeoutMs: number;
}

/** The default export of a module that `TH_ENGINES` names. */
export type EngineModule = Engine | ((context: EngineContext) => Engine | Promise<Engine>);
