/**
 * Translation by DeepL. One request carries up to 50 texts, which DeepL answers in the same order.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineErrorKind,
  type EngineItem,
  type EngineItemResult,
  type EngineReply,
  optionKinds as kinds,
  optionCheck,
  UNDETERMINED_LOCALE,
} from "@trans-hub/core/engine";
import { plainAddress } from "../address.ts";
import { askForSome, CallFailed, callWithin, probeWithin, type Results } from "../call.ts";
import { charactersOf, type Tally, tallied } from "../characters.ts";
import { engineFailure } from "../failure.ts";
import { askHttp, fieldsOf, type HttpAnswer, notAnAnswer, statusFailure } from "../http-call.ts";
import { type Secret, secretNow } from "../secret.ts";
import { sourceCode, targetCode } from "./languages.ts";

export interface DeeplOptions {
  /** A key that ends in `:fx` belongs to the free plan, which has a server of its own. A function gives the key of each call. */
  apiKey: Secret;
  /** Default: DeepL's server for the key. */
  url?: string | undefined;
  /** Asked for as `prefer_more` or `prefer_less`, which targets without formality ignore. Default: DeepL's choice. */
  formality?: "more" | "less" | undefined;
  /** Milliseconds until a call ends as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
}

const checkOptions = optionCheck<DeeplOptions>("deepl", {
  apiKey: kinds.required(kinds.secret),
  url: kinds.text,
  formality: kinds.oneOf("more", "less"),
  timeoutMs: kinds.milliseconds,
});

const NAME = "deepl";
const HINT = "Check TH_DEEPL_API_KEY and TH_DEEPL_URL, and the plan of the account.";
/** DeepL's own limits of a request. */
const MAX_TEXTS = 50;
const MAX_BODY_BYTES = 128 * 1024;

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {SettingsError} An option is missing or unknown, or has a bad value.
 * @throws {EngineConfigError} The address is not a plain http(s) URL.
 */
export function deepl(given: DeeplOptions): Engine {
  const options = checkOptions(given);
  const { timeoutMs = 120_000, formality } = options;
  if (options.url !== undefined) plainAddress(NAME, options.url, "TH_DEEPL_URL");
  return {
    name: NAME,
    version: formality === undefined ? "1" : `1:${formality}`,
    processor: "third-party",
    maxItemsPerCall: MAX_TEXTS,
    // JSON writes some letters longer, and a request holds other fields beside its texts.
    maxBytesPerCall: 64 * 1024,
    detectsSource: true,
    takesContext: true,
    protects: "tags",
    probe: (signal) =>
      probeWithin({ engine: NAME, signal, timeoutMs }, async (within) => {
        const answer = await request(options, "/v2/usage", undefined, within);
        if (answer.status !== 200) throw new CallFailed(failureOf(answer, 1));
        const { character_count: used, character_limit: limit } = fieldsOf(answer.value);
        if (typeof used !== "number") throw new CallFailed(notAnAnswer(NAME));
        if (typeof limit === "number" && limit > 0 && used >= limit) {
          throw new CallFailed(engineFailure("quota", `Engine "${NAME}" has no quota left`, { hint: HINT }));
        }
      }),
    bound: charactersOf,
    translate: (batch, signal) =>
      tallied((tally) =>
        callWithin({ engine: NAME, batch, signal, timeoutMs }, (within, results) =>
          translate(options, batch, results, within, tally),
        ),
      ),
  };
}

async function translate(
  options: DeeplOptions,
  batch: EngineBatch,
  results: Results,
  signal: AbortSignal,
  tally: Tally,
): Promise<Pick<EngineReply, "model">> {
  const target = targetCode(batch.targetLocale);
  if (target === undefined) {
    throw new CallFailed(
      engineFailure("refused", `Engine "${NAME}" does not write ${batch.targetLocale} in its script`),
    );
  }
  const source = batch.sourceLocale === UNDETERMINED_LOCALE ? undefined : sourceCode(batch.sourceLocale);
  // The setting of the account is for all projects, and the style of a project comes before it.
  const formality = batch.formality ?? options.formality;
  const fields = {
    ...(source !== undefined && { source_lang: source }),
    target_lang: target,
    preserve_formatting: true,
    show_billed_characters: true,
    ...(formality !== undefined && { formality: `prefer_${formality}` }),
  };
  // DeepL refuses a list with an empty text.
  for (const { id, text } of batch.items) if (text.trim() === "") results.set(id, { text });
  const models = new Set<string>();
  for (const isXml of [false, true]) {
    const items = batch.items.filter(({ text, mask }) => text.trim() !== "" && (mask === "tags") === isXml);
    if (items.length === 0) continue;
    await askForSome({ engine: NAME, items, results, signal }, async () => {
      const { texts, model } = await ask(options, { ...fields, ...(isXml ? XML : PLAIN) }, items, signal, tally);
      for (const [at, { id }] of items.entries()) results.set(id, resultOf(texts[at]));
      if (model !== undefined) models.add(model);
    });
  }
  const [model] = models;
  return models.size === 1 && model !== undefined ? { model } : {};
}

const PLAIN = { split_sentences: "1" };
/** No tag of a mask ends a sentence, and none is a sign of structure. */
const XML = {
  split_sentences: "nonewlines",
  tag_handling: "xml",
  outline_detection: false,
  non_splitting_tags: ["x", "g"],
};

async function ask(
  options: DeeplOptions,
  fields: Record<string, unknown>,
  items: readonly EngineItem[],
  signal: AbortSignal,
  tally: Tally,
): Promise<{ texts: readonly unknown[]; model: string | undefined }> {
  const context = contextOf(items);
  const body = JSON.stringify({
    text: items.map(({ text }) => text),
    ...fields,
    ...(context !== undefined && { context }),
  });
  if (items.length > 1 && Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw new CallFailed(
      engineFailure("too_long", `Engine "${NAME}" takes at most ${MAX_BODY_BYTES / 1024} KiB a request`),
    );
  }
  const answer = await tally.count(items, () => request(options, "/v2/translate", body, signal), billedIn);
  if (answer.status !== 200) throw new CallFailed(failureOf(answer, items.length));
  const { translations } = fieldsOf(answer.value);
  if (!Array.isArray(translations)) throw new CallFailed(notAnAnswer(NAME));
  if (translations.length !== items.length) {
    // Nothing says which text is missing, so none is taken.
    throw new CallFailed(
      engineFailure("malformed", `Engine "${NAME}" answered ${items.length} texts with ${translations.length}`),
    );
  }
  const { model_type_used: model } = fieldsOf(translations[0]);
  return {
    texts: translations.map((each) => fieldsOf(each).text),
    model: typeof model === "string" && /^[a-z_]{1,64}$/.test(model) ? model : undefined,
  };
}

/** The characters that DeepL says it bills. Undefined: it does not say so for each text. */
function billedIn({ value }: HttpAnswer): number | undefined {
  const { translations } = fieldsOf(value);
  if (!Array.isArray(translations)) return undefined;
  const each = translations.map((translation) => fieldsOf(translation).billed_characters);
  return each.every((count) => typeof count === "number" && count >= 0)
    ? each.reduce((sum: number, count) => sum + (count as number), 0)
    : undefined;
}

const MAX_CONTEXT = 4_000;

/**
 * The words of the items' context. DeepL has one context a request, which is free of charge and not translated; so it is
 * sent where all texts of the request have the same.
 */
function contextOf(items: readonly EngineItem[]): string | undefined {
  const contexts = new Set(items.map(({ context }) => (context === undefined ? "" : wordsOf(context))));
  const [only] = contexts;
  return contexts.size === 1 && only !== "" ? only : undefined;
}

function wordsOf(context: Readonly<Record<string, unknown>>): string {
  const words = Object.values(context).filter((value) => typeof value === "string" && value.trim() !== "");
  return words.join("\n").slice(0, MAX_CONTEXT);
}

function request(
  { apiKey, url }: DeeplOptions,
  path: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const key = secretNow(apiKey);
  const host = key.endsWith(":fx") ? "https://api-free.deepl.com" : "https://api.deepl.com";
  return askHttp(`${url?.replace(/\/+$/, "") ?? host}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `DeepL-Auth-Key ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    signal,
  });
}

function failureOf(answer: HttpAnswer, itemCount: number) {
  const { kind, about } = told(answer);
  return statusFailure(NAME, answer, { itemCount, hint: HINT, kind, about });
}

/** The kind of failure that DeepL's own statuses and words name. The words are read, and never repeated. */
function told({ status, value }: HttpAnswer): { kind?: EngineErrorKind; about?: string } {
  const { message, detail } = fieldsOf(value);
  const words = `${message ?? ""} ${detail ?? ""}`;
  if (status === 456) return { kind: "quota" };
  // DeepL's second way to say 429.
  if (status === 529) return { kind: "rate_limited" };
  if (status === 400) {
    // It stands for all texts of the call, so they need not be split.
    const [parameter] = /\b(target_lang|source_lang)\b/.exec(words) ?? [];
    if (parameter !== undefined) return { kind: "refused", about: `${parameter} is not supported` };
    if (/\bformality\b/.test(words)) return { kind: "refused", about: "formality is not supported" };
    if (/request size|too large|exceeds.*limit|too many texts/i.test(words)) return { kind: "too_long" };
    if (/tag handling|xml|parsing failed/i.test(words)) return { about: "the tags could not be read" };
  }
  return {};
}

function resultOf(answer: unknown): EngineItemResult {
  if (typeof answer === "string") return { text: answer };
  return { failure: engineFailure("malformed", `Engine "${NAME}" gave no text for this item`) };
}
