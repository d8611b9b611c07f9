/**
 * An engine of one's own: it sends texts to a translation service of the team, by HTTP. The service takes
 * `{ source, target, texts: [{ id, text }] }` and answers `{ translations: [{ id, text } | { id, refused: true }] }`.
 *
 * The fleet waits, retries, splits and falls back. An engine only names the kind of each failure.
 *
 *     IN_HOUSE_URL=http://translate.internal/v1 TH_ENGINES=./my-engine.ts trans-hub worker
 */
import {
  type Engine,
  type EngineBatch,
  EngineConfigError,
  type EngineFailure,
  type EngineItemResult,
  failAll,
} from "@trans-hub/core/engine";
import { type EngineContext, engineFailure } from "@trans-hub/engines";

export interface InHouseOptions {
  /** Of the service, such as `http://translate.internal/v1`. */
  url: string;
  /** Sent as a bearer token. Default: none. */
  token?: string | undefined;
}

interface Answer {
  translations: ({ id: string; text: string } | { id: string; refused: true })[];
}

/** The command line calls this. A prefix of one's own keeps the variables apart from those of Trans-Hub. */
export default function makeEngine({ env: { IN_HOUSE_URL: url, IN_HOUSE_TOKEN: token } }: EngineContext): Engine {
  if (url === undefined || !URL.canParse(url)) {
    throw new EngineConfigError("IN_HOUSE_URL is missing or no URL", {
      hint: "Set it to the address of the service, such as http://translate.internal/v1.",
    });
  }
  return inHouse({ url, token });
}

/** The longest answer that is read, in characters: more is no answer to a call of this size. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** The engine. It keeps no state, so calls may run at the same time. */
export function inHouse({ url, token }: InHouseOptions): Engine {
  return {
    name: "in-house",
    // Raise it when the service's model changes: each translation is stored with it.
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 256 * 1024,
    detectsSource: true,
    takesContext: false,
    // The service leaves words alone that it does not know, so core masks placeholders and tags as such words.
    protects: "words",
    async translate(batch, signal) {
      if (batch.items.length === 0) return { results: new Map() };
      const response = await post(url, token, batch, signal);
      if ("kind" in response) return failAll(batch, response);
      if (!response.ok) return failAll(batch, failureOf(response));
      const text = await readText(response, signal);
      // One of several texts may be at fault for an answer without end: they are split.
      const kind = text === undefined && batch.items.length > 1 ? "too_long" : "malformed";
      const answer = text === undefined ? undefined : readAnswer(text);
      if (answer === undefined) return failAll(batch, engineFailure(kind, "The service's answer is not readable"));
      return { results: new Map(answer.translations.map((each) => [each.id, resultOf(each)])) };
    },
  };
}

async function post(
  url: string,
  token: string | undefined,
  { sourceLocale, targetLocale, items }: EngineBatch,
  signal: AbortSignal,
): Promise<Response | EngineFailure> {
  const texts = items.map(({ id, text }) => ({ id, text }));
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify({ source: sourceLocale, target: targetLocale, texts });
  try {
    return await fetch(url, { method: "POST", headers, body, signal });
  } catch {
    // An abort is the fleet's own doing and no failure: it passes on with its reason.
    signal.throwIfAborted();
    return engineFailure("transient", "The service cannot be reached");
  }
}

/** By the status alone: an error's words go to logs and dead letters, where no text of the body may stand. */
function failureOf({ status, headers }: Response): EngineFailure {
  const message = `The service answered with status ${status}`;
  if (status === 429) {
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    return engineFailure("rate_limited", message, {
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    });
  }
  if (status === 401 || status === 403) return engineFailure("config", message);
  if (status === 402) return engineFailure("quota", message);
  if (status === 413) return engineFailure("too_long", message);
  return engineFailure("transient", message);
}

/** Undefined: the answer has no end. A connection that breaks ends it, and what came is no JSON. */
async function readText({ body }: Response, signal: AbortSignal): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > MOST_CHARACTERS) return undefined;
    }
  } catch {
    signal.throwIfAborted();
  }
  return text;
}

function readAnswer(text: string): Answer | undefined {
  try {
    const answer = JSON.parse(text) as Partial<Answer> | null;
    return Array.isArray(answer?.translations) ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** An item that the answer leaves out needs no result: it counts as malformed. */
function resultOf(each: Answer["translations"][number]): EngineItemResult {
  if ("text" in each) return { text: each.text };
  return { failure: engineFailure("refused", "The service refuses this text") };
}
