/**
 * Translation by a LibreTranslate server, which runs the models of Argos. One request carries a list of texts, which the
 * server answers in the same order.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineErrorKind,
  type EngineItem,
  type EngineItemResult,
  optionKinds as kinds,
  optionCheck,
  UNDETERMINED_LOCALE,
} from "@trans-hub/core/engine";
import { plainAddress, processorAt } from "../address.ts";
import { askForSome, CallFailed, callWithin, probeWithin, type Results } from "../call.ts";
import { charactersOf, type Tally, tallied } from "../characters.ts";
import { engineFailure } from "../failure.ts";
import { askHttp, fieldsOf, type HttpAnswer, notAnAnswer, statusFailure, withSpaceOf } from "../http-call.ts";
import { codeFor, isCode, listOf } from "../locale-codes.ts";
import { type Secret, secretNow } from "../secret.ts";

export interface LibretranslateOptions {
  /** The server's base URL, such as `http://localhost:5000`. */
  url: string;
  /** For a server that wants one. A function gives the key of each call. */
  apiKey?: Secret | undefined;
  /** Milliseconds until a call ends as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
  /** Whether texts leave the machines that your team runs. Default: by the address, see `docs/engines.md`. */
  processor?: Engine["processor"] | undefined;
}

const checkOptions = optionCheck<LibretranslateOptions>("libretranslate", {
  url: kinds.required(kinds.text),
  apiKey: kinds.secret,
  timeoutMs: kinds.milliseconds,
  processor: kinds.oneOf("local", "third-party"),
});

const NAME = "libretranslate";
const HINT = "Check TH_LIBRETRANSLATE_URL and TH_LIBRETRANSLATE_API_KEY.";
/** Milliseconds. A server loads new models only when a person installs them and starts it again. */
const LANGUAGES_AGE_MS = 5 * 60_000;

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {SettingsError} An option is missing or unknown, or has a bad value.
 * @throws {EngineConfigError} The address is not a plain http(s) URL.
 */
export function libretranslate(given: LibretranslateOptions): Engine {
  const options = checkOptions(given);
  const { timeoutMs = 120_000 } = options;
  const server = new Server(plainAddress(NAME, options.url, "TH_LIBRETRANSLATE_URL"), options.apiKey);
  const processor = options.processor ?? processorAt(options.url);
  return {
    name: NAME,
    version: "1",
    processor,
    maxItemsPerCall: 50,
    // A model on a processor translates a few kilobytes a second, and public servers take 2,000 to 10,000 letters.
    maxBytesPerCall: 8 * 1024,
    detectsSource: true,
    takesContext: false,
    protects: "tags",
    probe: (signal) => probeWithin({ engine: NAME, signal, timeoutMs }, (within) => server.languages(within, true)),
    // Public servers that are paid for want a key.
    isFree: processor === "local" || options.apiKey === undefined,
    bound: charactersOf,
    translate: (batch, signal) =>
      tallied((tally) =>
        callWithin({ engine: NAME, batch, signal, timeoutMs }, (within, results) =>
          server.translate(batch, results, within, tally),
        ),
      ),
  };
}

/** The targets of each source, in the server's codes. */
type Languages = ReadonlyMap<string, readonly string[]>;

class Server {
  readonly #url: string;
  readonly #apiKey: Secret | undefined;
  #known: { languages: Languages; readAt: number } | undefined;

  constructor(url: string, apiKey: Secret | undefined) {
    this.#url = url;
    this.#apiKey = apiKey;
  }

  async translate(batch: EngineBatch, results: Results, signal: AbortSignal, tally: Tally): Promise<undefined> {
    const pair = await this.#pairFor(batch, signal);
    for (const format of ["text", "html"] as const) {
      const items = batch.items.filter(({ mask }) => (mask === "tags" ? "html" : "text") === format);
      // The server refuses a list with a text of blanks alone, or answers it with the start of another sentence.
      const asked = items.filter(({ text }) => text.trim() !== "");
      for (const { id, text } of items) if (text.trim() === "") results.set(id, { text });
      if (asked.length === 0) continue;
      await askForSome({ engine: NAME, items: asked, results, signal }, async () => {
        const answers = await this.#ask(asked, { ...pair, format }, signal, tally);
        for (const [at, { id, text }] of asked.entries()) results.set(id, resultOf(answers[at], text));
      });
    }
  }

  async #ask(
    items: readonly EngineItem[],
    fields: { source: string; target: string; format: string },
    signal: AbortSignal,
    tally: Tally,
  ): Promise<readonly unknown[]> {
    const apiKey = this.#apiKey === undefined ? {} : { api_key: secretNow(this.#apiKey) };
    const answer = await tally.count(items, () =>
      askHttp(`${this.#url}/translate`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ q: items.map(({ text }) => text.trim()), ...fields, ...apiKey }),
        signal,
      }),
    );
    const { translatedText, error } = fieldsOf(answer.value);
    if (answer.status !== 200) throw new CallFailed(this.#failureOf(answer, items.length));
    if (!Array.isArray(translatedText)) {
      throw new CallFailed(error === undefined ? notAnAnswer(NAME) : this.#failureOf(answer, items.length));
    }
    if (translatedText.length !== items.length) {
      // Nothing says which text is missing, so none is taken.
      throw new CallFailed(
        engineFailure("malformed", `Engine "${NAME}" answered ${items.length} texts with ${translatedText.length}`),
      );
    }
    return translatedText;
  }

  #failureOf(answer: HttpAnswer, itemCount: number) {
    const { kind, about } = told(answer);
    if (about === PAIR) this.#known = undefined;
    return statusFailure(NAME, answer, { itemCount, hint: HINT, kind, about });
  }

  async #pairFor({ sourceLocale, targetLocale }: EngineBatch, signal: AbortSignal) {
    const languages = await this.languages(signal, false);
    const isDetected = sourceLocale === UNDETERMINED_LOCALE;
    const source = isDetected ? "auto" : codeFor(sourceLocale, languages.keys());
    const targets = isDetected ? [...languages.keys()] : source === undefined ? [] : (languages.get(source) ?? []);
    const target = codeFor(targetLocale, targets);
    if (source !== undefined && target !== undefined) return { source, target };
    const has =
      source === undefined
        ? `from ${sourceLocale}; ${listOf("sources", languages.keys())}`
        : `from ${isDetected ? "a detected source" : sourceLocale} to ${targetLocale}; ${listOf("targets", targets)}`;
    throw new CallFailed(engineFailure("refused", `Engine "${NAME}" has no model ${has}`));
  }

  /** @param anew Asks the server even if its answer is known. */
  async languages(signal: AbortSignal, anew: boolean): Promise<Languages> {
    const known = this.#known;
    if (!anew && known !== undefined && performance.now() - known.readAt < LANGUAGES_AGE_MS) return known.languages;
    const answer = await askHttp(`${this.#url}/languages`, { signal });
    if (answer.status !== 200) throw new CallFailed(this.#failureOf(answer, 1));
    if (!Array.isArray(answer.value)) throw new CallFailed(notAnAnswer(NAME));
    const codes = answer.value.map((each) => fieldsOf(each).code).filter(isCode);
    const languages = new Map<string, readonly string[]>();
    for (const each of answer.value) {
      const { code, targets } = fieldsOf(each);
      // Servers before 1.3.7 list no targets: each language has all the others.
      if (isCode(code)) languages.set(code, Array.isArray(targets) ? targets.filter(isCode) : codes);
    }
    this.#known = { languages, readAt: performance.now() };
    return languages;
  }
}

const PAIR = "the language is not supported";

/** The kind of failure that the server's words name. They are read, and never repeated. */
function told({ status, value }: HttpAnswer): { kind?: EngineErrorKind; about?: string } {
  const words = String(fieldsOf(value).error ?? "");
  if (status === 200) return { kind: "transient", about: "an error inside a success" };
  if (status === 400) {
    if (/not supported|not available as a target/i.test(words)) return { kind: "refused", about: PAIR };
    if (/exceeds (text|batch|character|char) ?limit|exceeds .*limit/i.test(words)) return { kind: "too_long" };
    // Servers before 1.5 answer so where 403 is meant.
    if (/api key/i.test(words)) return { kind: "config", about: "the key" };
  }
  if (status === 403) {
    // A ban is the end of many limits in a row; it passes.
    if (/too many|violations|banned|slow ?down/i.test(words)) return { kind: "rate_limited", about: "a ban" };
    return { about: "the key" };
  }
  // A model that fails at one of several texts answers so too; a single text is asked for alone by the next split.
  return {};
}

function resultOf(answer: unknown, source: string): EngineItemResult {
  if (typeof answer !== "string") {
    return { failure: engineFailure("malformed", `Engine "${NAME}" gave no text for this item`) };
  }
  return { text: withSpaceOf(source, answer) };
}
