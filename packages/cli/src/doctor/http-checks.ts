/** Rules over the HTTP server, its tokens and its webhooks. Without any there is no line. */
import type { ApiToken, Webhook } from "@trans-hub/core";
import { printable } from "../output.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ANSWER_TIMEOUT_MS = 3_000;

/** Asks the server of `TH_SERVER` for its document, which wants no token. */
export async function checkServer(url: string | undefined): Promise<Check[]> {
  if (url === undefined) return [];
  const cure = "Check TH_SERVER, the server (`trans-hub serve`, its /readyz) and the way to it.";
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(`${url.replace(/\/$/, "")}/v1/openapi.json`, { signal, redirect: "error" });
    await response.body?.cancel();
    if (response.ok) return [ok("server", "TH_SERVER answers")];
    return [fail("server", `TH_SERVER answers with the status ${response.status}`, cure)];
  } catch {
    return [fail("server", "TH_SERVER does not answer", cure)];
  }
}

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** A program whose token has ended is refused, so the time before counts. */
export function checkTokens(tokens: readonly ApiToken[], now: number): Check[] {
  const ending = tokens.flatMap(({ id, label, expiresAt, revokedAt }) => {
    if (expiresAt === null || revokedAt !== null) return [];
    const days = Math.floor((expiresAt.getTime() - now) / DAY_MS);
    return days < 0 || days >= SOON_DAYS ? [] : [`${label ?? id} in ${days === 1 ? "one day" : `${days} days`}`];
  });
  if (ending.length === 0) return [];
  const cure = "Make a new one (`trans-hub tokens create`), put it into its place, and revoke the one before.";
  return [warn("tokens", `end soon: ${ending.join(", ")}`, cure)];
}

/** Retries bring most receivers back within minutes. */
const FAILING_MS = 3_600_000;

/** A webhook that a person disabled is as it should be. */
export function checkWebhooks(webhooks: readonly Webhook[], now: number): Check[] {
  const cure =
    "Mend the receiver, then have it tried at once: trans-hub webhooks enable. Remove one that is not needed: trans-hub webhooks remove.";
  return webhooks.flatMap(({ id, project, state, disabledBecause, failingSince, lastStatus, lastProblem }): Check[] => {
    const which = `${id} of ${project}`;
    const problem = lastStatus === null ? lastProblem : `status ${lastStatus}`;
    const because = problem === null ? "" : ` (${problem})`;
    if (disabledBecause === "gone") return [warn("webhooks", printable(`${which} is disabled: it answered 410`), cure)];
    if (disabledBecause === "failing") {
      return [warn("webhooks", printable(`${which} is disabled: five days of tries failed${because}`), cure)];
    }
    if (state !== "failing" || failingSince === null || now - failingSince.getTime() < FAILING_MS) return [];
    const since = `since ${failingSince.toISOString()}`;
    return [warn("webhooks", printable(`${which} fails ${since}${because}; nothing is lost yet`), cure)];
  });
}
