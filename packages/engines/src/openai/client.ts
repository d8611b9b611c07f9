import type OpenAI from "openai";
import { answerBound, boundedFetch } from "../bounded-fetch.ts";
import { type Secret, secretNow } from "../secret.ts";
import { withOpenaiError } from "./error-body.ts";

/**
 * A client of the `openai` package that takes nothing from the environment.
 *
 * The package takes every option that is left out from `OPENAI_*` variables, which are meant for other programs, so every
 * such option is given. Headers that it adds by itself (`OPENAI_CUSTOM_HEADERS`, facts about this machine) are dropped.
 *
 * An answer is bounded by its question; the error of one that is longer is caused by an `AnswerTooLargeError`.
 */
export async function openClient({
  apiKey,
  baseURL,
}: {
  apiKey: Secret | undefined;
  baseURL: string;
}): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  const url = new URL(baseURL);
  return new OpenAI({
    apiKey: "none", // the package insists on one; the header is replaced below, or dropped
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    // Azure's older addresses end with `?api-version=…`, which goes with every call.
    baseURL: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    defaultQuery: Object.fromEntries(url.searchParams),
    maxRetries: 0,
    logLevel: "off",
    fetch: async (address, init) => {
      const headers = ownHeaders(init?.headers, apiKey, isAzure(url));
      return withOpenaiError(await boundedFetch(address, { ...init, headers }, answerBound(init?.body)));
    },
  });
}

/** By the host; and behind a gateway by the query that no other server has. */
function isAzure({ hostname, searchParams }: URL): boolean {
  return (
    /\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/.test(hostname) || searchParams.has("api-version")
  );
}

function ownHeaders(
  given: ConstructorParameters<typeof Headers>[0],
  apiKey: Secret | undefined,
  isForAzure: boolean,
): Headers {
  const headers = new Headers({ "user-agent": "trans-hub" });
  for (const name of ["accept", "content-type"]) {
    const value = new Headers(given).get(name);
    if (value !== null) headers.set(name, value);
  }
  if (apiKey !== undefined && isForAzure) headers.set("api-key", secretNow(apiKey));
  else if (apiKey !== undefined) headers.set("authorization", `Bearer ${secretNow(apiKey)}`);
  return headers;
}
