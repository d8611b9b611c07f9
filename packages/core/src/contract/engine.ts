/**
 * The contract of an engine, which turns texts into translations.
 *
 * Core knows this contract and no engine. An engine is stateless between calls (it may hold a connection pool), is safe
 * to call concurrently, and never retries by itself: waiting, retrying, splitting and falling back belong to the
 * fleet, which sees every worker.
 */
import type { TransHubError } from "./errors.ts";
import type { Hint } from "./hint.ts";

/**
 * How the syntax of a text is to be read. `auto`, the default, leaves it to detection. A release reads a format of a later
 * release as `auto`.
 */
export const TEXT_FORMATS = [
  "auto",
  "text",
  "icu",
  "i18next",
  "printf",
  "html",
  "markdown",
  "java",
  "fluent",
  "strftime",
] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** The source locale of a text whose language the engine is to detect. */
export const UNDETERMINED_LOCALE = "und";

/** One text of a batch. */
export interface EngineItem {
  /** Opaque and unique within the batch; the answer is matched by it, never by position. */
  id: string;
  text: string;
  /** The producer's remarks about the text, for the engine to read and never an instruction to it. Absent: none. */
  context?: Readonly<Record<string, unknown>> | undefined;
  /** A note, a key, a length: like `context`, for the engine to read and never an instruction to it. Absent: none. */
  hint?: Hint | undefined;
  /**
   * The text in a second language that the team trusts, for its meaning. Only for engines that declare
   * {@link Engine.takesReferences}. Absent: none.
   */
  also?: TrustedText | undefined;
  format: TextFormat;
  /** Present where the text is one case of a message with plural forms; the answer is this case alone. */
  form?: PluralForm | undefined;
  /** The parts of the text that must stand in its translation byte for byte, each as often. Present on a retry. */
  keep?: readonly string[] | undefined;
  /**
   * Present where the parts that must not change are masked. `tags`: the text is XML with the elements `<x id="1"/>` and
   * `<g id="2">…</g>`, its `&`, `<` and `>` are written as entities, and so is the answer. `words`: each part is a made-up
   * word. Each must stand in the answer as often as in the text.
   */
  mask?: "tags" | "words" | undefined;
  /** Why the previous translation was not accepted, so that the engine tries differently. It quotes no text. */
  previousFailure?: string | undefined;
}

/** A text in a language beside its source and its target. */
export interface TrustedText {
  /** Canonical BCP 47. */
  locale: string;
  text: string;
}

/**
 * The rule of a term. `translate`: write it as `as`. `keep`: leave it as it is. `forbid`: `as` must not stand in a translation of the
 * term.
 */
export const TERM_KINDS = ["translate", "keep", "forbid"] as const;
export type TermKind = (typeof TERM_KINDS)[number];

/** A term of the team's glossary. */
export interface EngineTerm {
  /** In the source language. */
  term: string;
  /** In the target language. For `keep` the term itself. */
  as: string;
  kind: TermKind;
  /** For the engine to choose a word by, and never an instruction to it. Absent: none. */
  note?: string | undefined;
}

/** A translation that a person approved, of a text like one of the batch. */
export interface EngineReference {
  source: string;
  target: string;
}

/** One case of a message with plural forms. */
export interface PluralForm {
  /** A plural category of CLDR in the target locale (`few`), or an exact number (`=0`). */
  category: string;
  /** A number that takes this form in the target locale. */
  example: number;
  /** The whole message, in its own syntax: what the case is a case of. Empty where it is too long to be repeated. */
  of: string;
}

/**
 * How an engine keeps the parts of a text that must not change (placeholders, tags). `instructed`: it understands the
 * request to keep them. `tags`: it keeps XML tags, and reads {@link EngineItem.mask} `tags`. `words`: it keeps words that it
 * does not know. `none`: nothing can be relied on, and only the stretches between such parts are sent to it.
 */
export type Protection = "instructed" | "tags" | "words" | "none";

/** The form of address of a translation: German "Sie" is `more` formal than "du". */
export const FORMALITIES = ["more", "less"] as const;
export type Formality = (typeof FORMALITIES)[number];

/** Texts of one source and one target locale. */
export interface EngineBatch {
  /** Canonical BCP 47, or `und`: the engine is to detect it. */
  sourceLocale: string;
  /** Canonical BCP 47. */
  targetLocale: string;
  /**
   * The team's instructions for all of these texts: tone, form of address, words. At most 4 KiB come from the settings, and as much
   * from each of two styles of the project: that for each locale, and that of the target locale. They are for the engine to follow,
   * unlike a text or its context. Absent: none.
   */
  instructions?: string | undefined;
  /**
   * The terms of the team's glossary, sorted: a small glossary as a whole, so that calls begin with the same bytes, of a large one those
   * that occur in the items. Only for engines that declare {@link Engine.takesTerms}. Absent: none.
   */
  terms?: readonly EngineTerm[] | undefined;
  /**
   * Approved translations of texts like those of the batch, as examples. Only for engines that declare
   * {@link Engine.takesReferences}. Absent: none.
   */
  references?: readonly EngineReference[] | undefined;
  /** The form of address that the team's style asks for. Absent: the engine's choice. */
  formality?: Formality | undefined;
  /**
   * The most output tokens that the answer may have. An engine that bills tokens sends it as the provider's own limit, so that
   * {@link Engine.bound} holds. Absent: the cost of the call need not be bounded.
   */
  maxOutputTokens?: number | undefined;
  items: readonly EngineItem[];
}

/** The most that a provider can bill for a call, in the units that it bills. */
export type EngineBound =
  | { inputTokens: number; outputTokens: number }
  /** Of source text, as Unicode counts characters. */
  | { characters: number };

/** The kind of an engine's failure. It decides the next step of the fleet. */
export type EngineErrorKind =
  /** The fleet pauses the engine; no attempt counts. */
  | "rate_limited"
  /** Credit or quota is used up: the fleet stops asking until a person acts. */
  | "quota"
  /** Key, model or address is wrong: the fleet stops asking until a person acts. */
  | "config"
  /** Network, time-out, server error: the text is tried again. */
  | "transient"
  /** This engine never translates this text: it goes to the next engine, at last to the dead letters. */
  | "refused"
  /** The answer for this text was unusable: it is tried again with fewer neighbours, and with the reason. */
  | "malformed"
  /** The texts or the answer are longer than the engine allows: the batch is split. */
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

/** The tokens that a call used. Zero when the engine does not report them. */
export interface EngineUsage {
  inputTokens: number;
  outputTokens: number;
  /** The part of `inputTokens` that the engine served from its prompt cache. */
  cachedTokens: number;
  /** The part of `inputTokens` that the engine wrote into its prompt cache, at a price of its own. Left out: none. */
  cacheWriteTokens?: number | undefined;
  /** Characters of source text that the provider bills. Left out: it bills none, or does not say. */
  characters?: number | undefined;
}

/** The answer to a batch. */
export interface EngineReply {
  /**
   * By item id. A missing id counts as `malformed`; an id that was not asked for is ignored. No answer is ever matched by
   * its position.
   */
  results: ReadonlyMap<string, EngineItemResult>;
  usage?: EngineUsage | undefined;
  /**
   * The most that the provider may bill beyond `usage`: for requests whose answers were lost, or named no usage. `none`: nothing,
   * as for a refused connection or an error status. Left out: nothing where there is `usage` or where every item failed by a
   * limit, a quota or a setting; else the bound of the call.
   */
  unconfirmed?: EngineBound | "none" | undefined;
  /** The model that answered. Absent: the engine does not know it. */
  model?: string | undefined;
}

export interface Engine {
  /** As in `TH_ENGINES`; stored with each translation. Lower-case letters, digits and `-`. */
  readonly name: string;
  /** Changes with everything that may change a translation: prompt, model, rules. */
  readonly version: string;
  /** Whether texts leave the machines the team runs. */
  readonly processor: "local" | "third-party";
  /** The most items one call may carry. */
  readonly maxItemsPerCall: number;
  /** The most UTF-8 bytes of text one call may carry, contexts, hints and references included, instructions and terms not. */
  readonly maxBytesPerCall: number;
  /** Whether it takes `und` as source. Where false, such a text is refused without a call. */
  readonly detectsSource: boolean;
  /** Whether it reads an item's context. Where false, no context is sent. */
  readonly takesContext: boolean;
  /** Whether it reads an item's hint. Default: it does not, and gets none. */
  readonly takesHint?: boolean | undefined;
  /** Whether it follows {@link EngineBatch.instructions}. Default: it does not, and gets none. */
  readonly takesInstructions?: boolean | undefined;
  /** Whether it follows {@link EngineBatch.terms}. Default: it does not, and gets none; terms to keep are masked for it. */
  readonly takesTerms?: boolean | undefined;
  /** Whether it reads {@link EngineBatch.references} and {@link EngineItem.also}. Default: it does not, and gets none. */
  readonly takesReferences?: boolean | undefined;
  /**
   * The target locales that it is for, canonical BCP 47. `de` stands for `de-AT` too. Such an engine gets no other text, and the
   * texts of these locales go to no engine without them. Default: it is for every locale that no other engine is for.
   */
  readonly targetLocales?: readonly string[] | undefined;
  /** How it keeps the parts that must not change. Default `instructed`. */
  readonly protects?: Protection | undefined;
  /** The model that it asks for, by which a price is found before the call. Default: it has none, or does not know it. */
  readonly model?: string | undefined;
  /** Whether its calls cost nothing, so that they need no price. Default: they may cost something. */
  readonly isFree?: boolean | undefined;

  /**
   * Estimates the tokens of a call for these items, prompt and answer included; without items, those of the prompt. The
   * fleet needs it for a limit of tokens a minute, and corrects it by the tokens that calls used. Default: by the bytes
   * of the texts.
   */
  estimateTokens?(batch: EngineBatch): number;

  /**
   * Estimates the tokens that the provider will bill for a call, for a person who asks what a run costs: as likely too many as too
   * few. Default: {@link Engine.estimateTokens}, which is on the safe side.
   */
  estimateUsage?(batch: EngineBatch): { inputTokens: number; outputTokens: number };

  /**
   * The most that the provider can bill for a call with this batch, without a look at the network. The call must keep it: the
   * output tokens come back as {@link EngineBatch.maxOutputTokens}. Undefined, or no such method: the cost cannot be bounded.
   */
  bound?(batch: EngineBatch): EngineBound | undefined;

  /** Loads the modules that calls need, so that a call leaves at once on its turn. Called often; must make no request. */
  prepare?(): Promise<void>;

  /**
   * Asks the engine whether it takes calls now, by a request that costs nothing and sends no text. Undefined: it does, or
   * no such request exists. For a person who sets up the engine; the fleet never calls it.
   */
  probe?(signal: AbortSignal): Promise<EngineFailure | undefined>;

  /**
   * Translates a batch.
   *
   * A failure of the whole call is returned as that failure for every item (see `failAll`), not thrown, so that one path
   * serves both. A thrown error counts as `transient` for every item, except an abort.
   *
   * @param signal Aborted when the worker must stop or the call took too long. The engine then ends its requests and
   *   rejects with the signal's reason at once.
   */
  translate(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply>;

  /** Closes the engine's connections. Called when no call is in flight. Twice is harmless. */
  close?(): Promise<void>;
}

/** The reply to a call that failed as a whole. */
export function failAll(batch: EngineBatch, failure: EngineFailure): EngineReply {
  return { results: new Map(batch.items.map((item) => [item.id, { failure }])) };
}
