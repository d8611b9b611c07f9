/**
 * The contract of an engine, which turns texts into translations.
 *
 * Core knows this contract and no engine. An engine is stateless between calls (it may hold a connection pool), is safe
 * to call concurrently, and never retries by itself: waiting, retrying, splitting and falling back belong to the fleet,
 * which sees every worker.
 */
import type { TransHubError } from "./errors.ts";

/** The syntax of a text. `auto`, the default, leaves it to detection. */
export const TEXT_FORMATS = ["auto", "text", "icu", "i18next", "printf", "html", "markdown"] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** The source locale of a text whose language the engine must detect. */
export const UNDETERMINED_LOCALE = "und";

/** One text of a batch. */
export interface EngineItem {
  /** Opaque and unique within the batch; answers are matched by it, never by position. */
  id: string;
  text: string;
  /** The producer's context of the text: information for the engine, never an instruction to it. Absent: none. */
  context?: Readonly<Record<string, unknown>> | undefined;
  format: TextFormat;
  /**
   * Why the previous attempt at this text was not accepted, so that the engine can answer differently. Written by
   * Trans-Hub; holds no user's text.
   */
  previousFailure?: string | undefined;
}

/** Texts of one source and one target locale. */
export interface EngineBatch {
  /** Canonical BCP 47, or `und`: the engine must detect it. */
  sourceLocale: string;
  /** Canonical BCP 47. */
  targetLocale: string;
  items: readonly EngineItem[];
}

/** The kind of an engine's failure, which decides the fleet's next step. */
export type EngineErrorKind =
  /** Pause the engine for the whole fleet; consumes no attempt. */
  | "rate_limited"
  /** Credit or quota is used up: make no calls until a person acts. */
  | "quota"
  /** Key, model or address is wrong: make no calls until a person acts. */
  | "config"
  /** Network, time-out, server error: try again. */
  | "transient"
  /** This engine will never translate this text: next engine, then dead letter. */
  | "refused"
  /** The answer for this text was unusable: split the batch, give the reason, try again. */
  | "malformed"
  /** Text or answer over the engine's length: split. */
  | "too_long";

/** An engine's failure, for one item or for all. `error` is one of the catalogue's `Engine…Error`s. */
export interface EngineFailure {
  kind: EngineErrorKind;
  error: TransHubError;
  /** The wait that the engine asked for, in milliseconds; only with `rate_limited`. */
  retryAfterMs?: number | undefined;
}

/** The answer for one item. */
export type EngineItemResult = { text: string; model?: string | undefined } | { failure: EngineFailure };

/** Tokens used by the call. Zero where the engine does not report them. */
export interface EngineUsage {
  inputTokens: number;
  outputTokens: number;
  /** The part of `inputTokens` that the engine served from its prompt cache. */
  cachedTokens: number;
}

/** The answer to a batch. */
export interface EngineReply {
  /** By item id. A missing id counts as `malformed`; an unknown one is ignored. Nothing is ever matched by position. */
  results: ReadonlyMap<string, EngineItemResult>;
  usage?: EngineUsage | undefined;
  /** The model that answered, if the engine knows it. */
  model?: string | undefined;
}

export interface Engine {
  /** The name in `TH_ENGINES`; stored with each translation. Lower-case letters, digits and `-`. */
  readonly name: string;
  /** Changes when the same text might be translated differently: prompt, model, rules. */
  readonly version: string;
  /** Whether texts leave the team's own machines. */
  readonly processor: "local" | "third-party";
  /** The most items one call may carry. */
  readonly maxItemsPerCall: number;
  /** The most UTF-8 bytes of text one call may carry, contexts included. */
  readonly maxBytesPerCall: number;
  /** Whether it works with `und` as source; otherwise it refuses such a batch by name. */
  readonly detectsSource: boolean;
  /** Whether it reads an item's context. If not, the context is not sent. */
  readonly takesContext: boolean;
  /** Whether it keeps the syntax of ICU plural and select messages intact. */
  readonly handlesIcu: boolean;

  /**
   * Estimates the tokens of a call for these items, including the fixed part of every call and the answer; without
   * items, the fixed part only. The fleet corrects the estimate by the real use. Needed for a limit of tokens a minute.
   * Default: by the bytes of the texts.
   */
  estimateTokens?(batch: EngineBatch): number;

  /**
   * Loads everything that calls need, so that a call leaves at once when its turn has come. Called often; must not
   * contact the engine.
   */
  prepare?(): Promise<void>;

  /**
   * Checks whether the engine would accept calls now, by a request that costs nothing and sends no text. Undefined: it
   * would, or no such request exists. For setting up an installation; never called by the fleet.
   */
  probe?(signal: AbortSignal): Promise<EngineFailure | undefined>;

  /**
   * Translates a batch.
   *
   * A failure of the whole call is returned as that failure for every item (see `failAll`), not thrown, so that one
   * path serves both. A thrown error counts as `transient` for every item, except an abort.
   *
   * @param signal Aborted when the worker must stop or the call took too long: the engine ends its requests and rejects
   * with the signal's reason, at once.
   */
  translate(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply>;

  /** Closes the engine's connections. Called once, when no call is running. */
  close?(): Promise<void>;
}

/** The reply of a call that failed as a whole. */
export function failAll(batch: EngineBatch, failure: EngineFailure): EngineReply {
  return { results: new Map(batch.items.map((item) => [item.id, { failure }])) };
}
