import { SettingsError } from "@trans-hub/core";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { parseWebhookKeys, secretVersions, signedHeaders, webhookSecret } from "./signature.ts";

const KEY = "k".repeat(43);
const now = () => Math.floor(Date.now() / 1_000);

describe("a signature", () => {
  const message = {
    id: "evt_5f0c_7",
    timestamp: now(),
    body: JSON.stringify({ type: "translations.settled", data: { name: "Ünï" } }),
  };
  const secret = webhookSecret(KEY, "wh_1", 1);

  test("is accepted by the library of Standard Webhooks", () => {
    const headers = signedHeaders(message, [secret]);
    expect(new Webhook(secret).verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(headers).toMatchObject({ "webhook-id": "evt_5f0c_7", "webhook-timestamp": String(message.timestamp) });
  });

  test("is accepted by who knows the secret of before, and by who knows the new one", () => {
    const next = webhookSecret(KEY, "wh_1", 2);
    const headers = signedHeaders(message, [next, secret]);
    expect(() => new Webhook(secret).verify(message.body, headers)).not.toThrow();
    expect(() => new Webhook(next).verify(message.body, headers)).not.toThrow();
  });

  test.each([
    ["another secret", webhookSecret(KEY, "wh_1", 3), message.body, message.id, message.timestamp],
    ["another body", secret, `${message.body} `, message.id, message.timestamp],
    ["another id", secret, message.body, "evt_5f0c_8", message.timestamp],
    ["another time", secret, message.body, message.id, message.timestamp - 1],
  ])("is refused with %s", (_name, known, body, id, timestamp) => {
    const headers = { ...signedHeaders(message, [secret]), "webhook-id": id, "webhook-timestamp": String(timestamp) };
    expect(() => new Webhook(known).verify(body, headers)).toThrow();
  });
});

describe("a secret", () => {
  test("has 32 bytes, and is the same each time", () => {
    const secret = webhookSecret(KEY, "wh_1", 1);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhookSecret(KEY, "wh_1", 1)).toBe(secret);
  });

  test("differs by webhook, version and key", () => {
    const secrets = [
      webhookSecret(KEY, "wh_1", 1),
      webhookSecret(KEY, "wh_1", 2),
      webhookSecret(KEY, "wh_2", 1),
      webhookSecret(`${KEY}.`, "wh_1", 1),
      // The fields do not run into each other.
      webhookSecret(KEY, "wh_1 1", 1),
      webhookSecret(KEY, "wh_1", 11),
    ];
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  test("of the version before is valid until its time", () => {
    const noon = new Date("2026-11-30T12:00:00Z");
    const later = new Date(noon.getTime() + 1);
    expect(secretVersions({ secretVersion: 3, previousSecretUntil: later }, noon)).toEqual([3, 2]);
    expect(secretVersions({ secretVersion: 3, previousSecretUntil: noon }, noon)).toEqual([3]);
    expect(secretVersions({ secretVersion: 1, previousSecretUntil: null }, noon)).toEqual([1]);
  });
});

describe("the keys", () => {
  test("are separated by white space, the newest first", () => {
    expect(parseWebhookKeys(`\n${KEY}\r\n${KEY}2 \n`)).toEqual([KEY, `${KEY}2`]);
  });

  test.each(["", " \n", "short", `${KEY} short`])("are refused when one is missing or short", (text) => {
    expect(() => parseWebhookKeys(text)).toThrow(SettingsError);
  });
});
