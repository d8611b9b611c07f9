/**
 * Secrets and signatures of webhooks, as https://www.standardwebhooks.com says.
 *
 * A secret is derived from the server's key and stands in no table: a copy of the database signs nothing.
 */
import { createHmac, hkdfSync } from "node:crypto";
import { SettingsError } from "@trans-hub/core";

/** Characters of the shortest key that is accepted: 32 random bytes have 43 in base64. */
const LEAST_KEY_CHARACTERS = 32;

/** Bytes of a secret. Standard Webhooks wants 24 to 64. */
const SECRET_BYTES = 32;

/**
 * The keys of `TH_WEBHOOK_KEY`. Several keys are separated by white space: the first one makes new secrets, and each of them signs,
 * so that receivers can take the secret of a new key while the old one is still valid.
 *
 * @throws {SettingsError} There is none, or one is too short.
 */
export function parseWebhookKeys(text: string): string[] {
  const keys = text.split(/\s+/).filter((key) => key !== "");
  if (keys.length === 0 || keys.some((key) => key.length < LEAST_KEY_CHARACTERS)) {
    const problem = `must be a random key of at least ${LEAST_KEY_CHARACTERS} characters, or several such keys, the newest first`;
    throw new SettingsError([{ key: "TH_WEBHOOK_KEY", problem }], {
      hint: "Make one with: openssl rand -base64 32",
    });
  }
  return keys;
}

/** The secret of one version of a webhook: `whsec_` and 32 bytes in base64. */
export function webhookSecret(key: string, webhookId: string, version: number): string {
  const bytes = hkdfSync("sha256", key, "trans-hub", `webhook ${webhookId} ${version}`, SECRET_BYTES);
  return `whsec_${Buffer.from(bytes).toString("base64")}`;
}

/** A message as it is signed. */
export interface SignedParts {
  /** The same for each try. */
  readonly id: string;
  /** Seconds since 1970, of this try. */
  readonly timestamp: number;
  readonly body: string;
}

/** The three headers of Standard Webhooks. Each secret makes one signature; a receiver accepts the message if it knows one of them. */
export function signedHeaders(
  { id, timestamp, body }: SignedParts,
  secrets: readonly string[],
): Record<string, string> {
  const sign = (secret: string) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  };
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": secrets.map(sign).join(" "),
  };
}

/** The version that signs now, and the one before it while that is still valid. */
export function secretVersions(
  { secretVersion, previousSecretUntil }: { secretVersion: number; previousSecretUntil: Date | null },
  now: Date,
): number[] {
  const isPreviousValid = previousSecretUntil !== null && previousSecretUntil > now;
  return isPreviousValid ? [secretVersion, secretVersion - 1] : [secretVersion];
}
