/**
 * Translation by rules, with an apertium-apy server.
 *
 * The server takes one string a request, and a request costs far more than its words: 100 short texts take 1.5 s one by one,
 * and 53 ms as one string. So texts of one line are joined, and the answer is cut at the same places. Where its parts are
 * not as many, each text is asked for alone.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineItem,
  type EngineItemResult,
  optionKinds as kinds,
  optionCheck,
} from "@trans-hub/core/engine";
import { plainAddress, processorAt } from "../address.ts";
import { askForSome, CallFailed, callWithin, failureIn, isOwnFault, probeWithin, type Results } from "../call.ts";
import { engineFailure } from "../failure.ts";
import { askHttp, fieldsOf, notAnAnswer, statusFailure, withSpaceOf } from "../http-call.ts";
import { codeFor, isCode, listOf } from "../locale-codes.ts";
import { type Joined, joinTexts } from "./joined.ts";
import { tidied } from "./tidy.ts";

export interface ApertiumOptions {
  /** The server's base URL, such as `http://localhost:2737`. */
  url: string;
  /** Milliseconds until a call ends as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
  /** Whether texts leave the machines that your team runs. Default: by the address, see `docs/engines.md`. */
  processor?: Engine["processor"] | undefined;
}

const checkOptions = optionCheck<ApertiumOptions>("apertium", {
  url: kinds.required(kinds.text),
  timeoutMs: kinds.milliseconds,
  processor: kinds.oneOf("local", "third-party"),
});

const NAME = "apertium";
const HINT = "Check TH_APERTIUM_URL, and that an apertium-apy server answers there.";
/** Milliseconds. A server gets new pairs only when a person installs them and starts it again. */
const PAIRS_AGE_MS = 5 * 60_000;
/** Requests at once for texts that are asked for alone. The server begins a second pipeline above five. */
const ALONE_AT_ONCE = 4;

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {SettingsError} An option is missing or unknown, or has a bad value.
 * @throws {EngineConfigError} The address is not a plain http(s) URL.
 */
export function apertium(given: ApertiumOptions): Engine {
  const options = checkOptions(given);
  const { timeoutMs = 120_000 } = options;
  const server = new Server(plainAddress(NAME, options.url, "TH_APERTIUM_URL"));
  return {
    name: NAME,
    version: "2",
    processor: options.processor ?? processorAt(options.url),
    maxItemsPerCall: 100,
    // A server gives up after 10 s by default; this takes it a tenth of a second.
    maxBytesPerCall: 32 * 1024,
    detectsSource: false,
    takesContext: false,
    protects: "tags",
    isFree: true,
    probe: (signal) => probeWithin({ engine: NAME, signal, timeoutMs }, (within) => server.pairs(within, true)),
    translate: (batch, signal) =>
      callWithin({ engine: NAME, batch, signal, timeoutMs }, (within, results) =>
        server.translate(batch, results, within),
      ),
  };
}

/** The targets of each source, in the server's codes. */
type Pairs = ReadonlyMap<string, readonly string[]>;

class Server {
  readonly #url: string;
  #known: { pairs: Pairs; readAt: number } | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async translate(batch: EngineBatch, results: Results, signal: AbortSignal): Promise<undefined> {
    const pair = await this.#pairFor(batch, signal);
    const alone: EngineItem[] = [];
    for (const format of ["txt", "html"] as const) {
      const items = batch.items.filter((item) => formatOf(item) === format);
      const joined = joinTexts(items, format);
      alone.push(...joined.alone);
      if (joined.items.length < 2) {
        alone.push(...joined.items);
        continue;
      }
      await askForSome({ engine: NAME, items: joined.items, results, signal }, async () => {
        const texts = await this.#askJoined(joined, { pair, format, signal });
        if (texts === undefined) alone.push(...joined.items);
        else {
          for (const [at, { id, text }] of joined.items.entries()) {
            results.set(id, { text: tidied(texts[at] as string, text) });
          }
        }
      });
    }
    await this.#askAlone(alone, results, { pair, signal });
  }

  /** Undefined: the parts of the answer are not those of the question. */
  async #askJoined(
    joined: Joined,
    { pair, format, signal }: { pair: string; format: Format; signal: AbortSignal },
  ): Promise<string[] | undefined> {
    return joined.cut(await this.#ask({ pair, format, text: joined.text, itemCount: joined.items.length }, signal));
  }

  /** The first failure that is not a text's own ends the rest too: the server would only refuse each. */
  async #askAlone(
    items: readonly EngineItem[],
    results: Results,
    { pair, signal }: { pair: string; signal: AbortSignal },
  ): Promise<void> {
    const waiting = [...items];
    let fault: EngineItemResult | undefined;
    const next = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        results.set(item.id, fault ?? (await this.#result(item, pair, signal)));
        const result = results.get(item.id);
        if (result !== undefined && "failure" in result && !isOwnFault(result.failure)) fault ??= result;
      }
    };
    await Promise.all(Array.from({ length: Math.min(ALONE_AT_ONCE, items.length) }, next));
  }

  async #result(item: EngineItem, pair: string, signal: AbortSignal): Promise<EngineItemResult> {
    const text = item.text.trim();
    if (text === "") return { text: item.text };
    try {
      const answer = await this.#ask({ pair, format: formatOf(item), text, itemCount: 1 }, signal);
      return { text: tidied(withSpaceOf(item.text, answer), item.text) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: failureIn(NAME, error, 1) };
    }
  }

  async #ask(
    { pair, format, text, itemCount }: { pair: string; format: Format; text: string; itemCount: number },
    signal: AbortSignal,
  ): Promise<string> {
    const body = new URLSearchParams({ langpair: pair, q: text, markUnknown: "no", format }).toString();
    const answer = await askHttp(`${this.#url}/translate`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
      signal,
    });
    const { responseStatus, responseData, code, explanation } = fieldsOf(answer.value);
    // Some proxies turn each status into 200; the body still has it.
    const told = typeof responseStatus === "number" ? responseStatus : typeof code === "number" ? code : 200;
    const status = answer.status === 200 ? told : answer.status;
    if (status !== 200) {
      const isAboutPair = status === 400 && /\bpair\b/.test(String(explanation));
      if (isAboutPair) this.#known = undefined;
      throw new CallFailed(
        statusFailure(
          NAME,
          { status, headers: answer.headers },
          {
            itemCount,
            hint: HINT,
            kind: isAboutPair ? "refused" : undefined,
            about: isAboutPair ? "the pair is not installed" : undefined,
          },
        ),
      );
    }
    const { translatedText } = fieldsOf(responseData);
    if (typeof translatedText !== "string") throw new CallFailed(notAnAnswer(NAME));
    return translatedText;
  }

  async #pairFor({ sourceLocale, targetLocale }: EngineBatch, signal: AbortSignal): Promise<string> {
    const pairs = await this.pairs(signal, false);
    const source = codeFor(sourceLocale, pairs.keys());
    const targets = source === undefined ? [] : (pairs.get(source) ?? []);
    const target = codeFor(targetLocale, targets);
    if (source === undefined) {
      throw new CallFailed(
        engineFailure(
          "refused",
          `Engine "${NAME}" has no pair from ${sourceLocale}; ${listOf("sources", pairs.keys())}`,
        ),
      );
    }
    if (target === undefined) {
      const has = listOf("targets", targets);
      throw new CallFailed(
        engineFailure("refused", `Engine "${NAME}" has no pair from ${sourceLocale} to ${targetLocale}; ${has}`),
      );
    }
    return `${source}|${target}`;
  }

  /** @param anew Asks the server even if its answer is known. */
  async pairs(signal: AbortSignal, anew: boolean): Promise<Pairs> {
    const known = this.#known;
    if (!anew && known !== undefined && performance.now() - known.readAt < PAIRS_AGE_MS) return known.pairs;
    const answer = await askHttp(`${this.#url}/listPairs`, { signal });
    if (answer.status !== 200) throw new CallFailed(statusFailure(NAME, answer, { itemCount: 1, hint: HINT }));
    const { responseData } = fieldsOf(answer.value);
    if (!Array.isArray(responseData)) throw new CallFailed(notAnAnswer(NAME));
    const pairs = new Map<string, string[]>();
    for (const each of responseData) {
      const { sourceLanguage, targetLanguage } = fieldsOf(each);
      if (!isCode(sourceLanguage) || !isCode(targetLanguage)) continue;
      pairs.set(sourceLanguage, [...(pairs.get(sourceLanguage) ?? []), targetLanguage]);
    }
    this.#known = { pairs, readAt: performance.now() };
    return pairs;
  }
}

type Format = "txt" | "html";

function formatOf({ mask }: EngineItem): Format {
  return mask === "tags" ? "html" : "txt";
}
