/**
 * The contract of an engine: what turns texts into translations.
 *
 * Core knows this contract and no engine. An engine is stateless between calls (it may hold a connection pool), is safe
 * to call concurrently, and never retries by itself: waiting, retrying, splitting and falling back belong to the
 * fleet, which sees every worker.
 */
import type { TransHubError } from "./errors.ts";

/** How the syntax of a text is to be read. `auto`, the default, says nothing and leaves it to detection. */
export const TEXT_FORMATS = ["auto", "text", "icu", "i18next", "printf", "html", "markdown"] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** The source locale of a text whose language the engine is to detect. */
export const UNDETERMINED_LOCALE = "und";

/** One text of a batch. */
export interface EngineItem {
  /** Opaque and unique within the batch; the answer is matched by it, never by position. */
  id: string;
  text: string;
  /** What the producer said about the text: for the engine to read, never an instruction to it. Absent: nothing. */
  context?: Readonly<Record<string, unknown>> | undefined;
  format: TextFormat;
  /** Why the previous try at this text was not accepted (our own words, no text of anybody), to try differently. */
  previousFailure?: string | undefined;
}

/** Texts of one source and one target locale. */
export interface EngineBatch {
  /** Canonical BCP 47, or `und`: the engine is to detect it. */
  sourceLocale: string;
  /** Canonical BCP 47. */
  targetLocale: string;
  items: readonly EngineItem[];
}

/** What an engine failed of: says what the fleet does next. */
export type EngineErrorKind =
  /** Pause the engine for the whole fleet; consumes no attempt. */
  | "rate_limited"
  /** Credit or quota is used up: stop asking until somebody acts. */
  | "quota"
  /** Key, model or address is wrong: stop asking until somebody acts. */
  | "config"
  /** Network, time-out, server error: try again. */
  | "transient"
  /** This text, never by this engine: next engine, then dead letter. */
  | "refused"
  /** The answer for this text was unusable: split the batch, say why, try again. */
  | "malformed"
  /** Text or answer over the engine's length: split. */
  | "too_long";

/** An engine's failure, for one item or for all. `error` is one of the catalogue's `Engine…Error`s. */
export interface EngineFailure {
  kind: EngineErrorKind;
  error: TransHubError;
  /** Milliseconds the engine asked us to wait; only with `rate_limited`. */
  retryAfterMs?: number | undefined;
}

/** The answer for one item. */
export type EngineItemResult = { text: string; model?: string | undefined } | { failure: EngineFailure };

/** What the call used. Zero where the engine does not say. */
export interface EngineUsage {
  inputTokens: number;
  outputTokens: number;
  /** Part of `inputTokens` that the engine served from its prompt cache. */
  cachedTokens: number;
}

/** The answer to a batch. */
export interface EngineReply {
  /**
   * By item id. An id that is missing here counts as `malformed`; one that was not asked for is ignored. Nothing is
   * ever aligned by position.
   */
  results: ReadonlyMap<string, EngineItemResult>;
  usage?: EngineUsage | undefined;
  /** The model that answered, when the engine knows. */
  model?: string | undefined;
}

export interface Engine {
  /** As in `TH_ENGINES`; stored with each translation. Lower-case letters, digits and `-`. */
  readonly name: string;
  /** Changes when the same text might come out otherwise: prompt, model, rules. */
  readonly version: string;
  /** Whether texts leave the machines the team runs. */
  readonly processor: "local" | "third-party";
  /** The most items one call may carry. */
  readonly maxItemsPerCall: number;
  /** The most UTF-8 bytes of text one call may carry, contexts included. */
  readonly maxBytesPerCall: number;
  /** Whether it works with `und` as source; one that cannot refuses by name. */
  readonly detectsSource: boolean;
  /** Whether it reads an item's context. Where false, the context is not sent. */
  readonly takesContext: boolean;

  /**
   * Roughly the tokens that a call for these items takes, whatever goes with every call and the answer included; without
   * items, what goes with every call. The fleet corrects it by what calls really took. For a limit of tokens a minute. Default:
   * by the bytes of the texts.
   */
  estimateTokens?(batch: EngineBatch): number;

  /** Loads what calls need, so that one leaves at once when its turn has come. Asked often; must not ask the engine. */
  prepare?(): Promise<void>;

  /**
   * Whether the engine would take calls now: asks it something that costs nothing and sends no text. Undefined: it would, or
   * there is no such question. For who sets things up; never asked by the fleet.
   */
  probe?(signal: AbortSignal): Promise<EngineFailure | undefined>;

  /**
   * Translates a batch.
   *
   * A failure of the whole call is answered as that failure for every item (see `failAll`), not thrown, so that one
   * path serves both. What is thrown all the same counts as `transient` for every item, except an abort.
   *
   * @param signal Aborted when the worker must stop or the call took too long: the engine ends its requests and
   *   rejects with the signal's reason, at once.
   */
  translate(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply>;

  /** Ends what the engine holds open. Called once, when nothing is in flight. */
  close?(): Promise<void>;
}

/** The reply of a call that failed as a whole. */
export function failAll(batch: EngineBatch, failure: EngineFailure): EngineReply {
  return { results: new Map(batch.items.map((item) => [item.id, { failure }])) };
}
