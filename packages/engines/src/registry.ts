/** Engines by name, from settings that core has parsed: plain values, no environment here. */

import { EngineNotFoundError, SettingsError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { openai } from "./openai/openai.ts";
import { pseudo } from "./pseudo.ts";

/** The part of the settings that engines need. */
export interface EngineSettings {
  openai?:
    | {
        /** `TH_OPENAI_API_KEY` */
        apiKey?: string | undefined;
        /** `TH_OPENAI_MODEL`, default `gpt-4o-mini`. */
        model?: string | undefined;
        /** `TH_OPENAI_TEMPERATURE`, default 0. */
        temperature?: number | undefined;
        /** `TH_OPENAI_ENDPOINT`: base URL with `/v1`, default OpenAI's. */
        endpoint?: string | undefined;
      }
    | undefined;
  /** `TH_ENGINE_TIMEOUT_SECONDS`, default 120. */
  engineTimeoutSeconds?: number | undefined;
}

const MAKERS: Readonly<Record<string, (settings: EngineSettings) => Engine>> = {
  openai: openaiFrom,
  pseudo: () => pseudo(),
};

/** Every name that {@link makeEngine} knows, sorted. */
export const ENGINE_NAMES: readonly string[] = Object.keys(MAKERS).sort();

/**
 * Makes an engine. Nothing is contacted.
 *
 * @throws {EngineNotFoundError} No engine of that name.
 * @throws {SettingsError} A setting that this engine needs is missing.
 * @throws {EngineConfigError} A setting of this engine has a value it cannot work with.
 */
export function makeEngine(name: string, settings: EngineSettings = {}): Engine {
  const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  if (make === undefined) {
    const [nearest] = [...ENGINE_NAMES].sort((a, b) => distance(name, a) - distance(name, b));
    const meant = nearest !== undefined && distance(name, nearest) <= 2 ? `Did you mean "${nearest}"? ` : "";
    throw new EngineNotFoundError(`There is no engine "${name}"`, {
      hint: `${meant}Engines are: ${ENGINE_NAMES.join(", ")}.`,
    });
  }
  return make(settings);
}

function openaiFrom({ openai: own = {}, engineTimeoutSeconds }: EngineSettings): Engine {
  const { apiKey, endpoint, model, temperature } = own;
  if (apiKey === undefined && endpoint === undefined) {
    throw new SettingsError([{ key: "TH_OPENAI_API_KEY", problem: 'is missing, and engine "openai" needs it' }], {
      hint: "Set TH_OPENAI_API_KEY, or TH_OPENAI_ENDPOINT for a server that wants no key.",
    });
  }
  return openai({
    apiKey,
    baseURL: endpoint,
    model,
    temperature,
    timeoutMs: engineTimeoutSeconds === undefined ? undefined : engineTimeoutSeconds * 1_000,
  });
}

/** Levenshtein distance. Names are a few letters long, so the plain recurrence will do. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a.slice(0, 64)].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
