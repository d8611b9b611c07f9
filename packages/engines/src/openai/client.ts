import type OpenAI from "openai";

/**
 * A client of the `openai` package that ignores the environment.
 *
 * The package fills omitted options from `OPENAI_*` variables, which are meant for other programs: so every such option
 * is given. Headers that it adds by itself (`OPENAI_CUSTOM_HEADERS`, facts about this machine) are removed before
 * sending.
 */
export async function openClient({
  apiKey,
  baseURL,
}: {
  apiKey: string | undefined;
  baseURL: string;
}): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  return new OpenAI({
    apiKey: apiKey ?? "none", // the package requires a key; without one of ours, the header is removed
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL,
    maxRetries: 0,
    logLevel: "off",
    fetch: (url, init) => fetch(url, { ...init, headers: ownHeaders(init?.headers, apiKey), redirect: "manual" }),
  });
}

function ownHeaders(given: ConstructorParameters<typeof Headers>[0], apiKey: string | undefined): Headers {
  const headers = new Headers({ "user-agent": "trans-hub" });
  for (const name of ["accept", "content-type"]) {
    const value = new Headers(given).get(name);
    if (value !== null) headers.set(name, value);
  }
  if (apiKey !== undefined) headers.set("authorization", `Bearer ${apiKey}`);
  return headers;
}
