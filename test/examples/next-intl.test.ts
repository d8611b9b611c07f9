/** examples/next-intl: its handlers over HTTP, with a real signature, and messages formatted by the core of next-intl. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "@trans-hub/test-support/http-api";
import { drain } from "@trans-hub/test-support/store";
import { Webhook } from "standardwebhooks";
import { createTranslator } from "use-intl/core";
import { describe, expect, onTestFinished } from "vitest";
import { loadMessages, type Messages, tagOf } from "../../examples/next-intl/messages.ts";
import { webhookRoute } from "../../examples/next-intl/webhook.ts";

const secret = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`;

/** What Next does: answers of `fetch` are kept under their tags until one of these is revalidated. */
class DataCache {
  readonly #kept = new Map<string, { tags: readonly string[]; body: string }>();
  reads = 0;

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const key = String(input);
    const { tags = [] } = (init as { next?: { tags?: string[] } }).next ?? {};
    const kept = this.#kept.get(key);
    if (kept !== undefined) return new Response(kept.body);
    this.reads += 1;
    const response = await fetch(input, init);
    const body = await response.clone().text();
    if (response.ok) this.#kept.set(key, { tags, body });
    return response;
  };

  readonly revalidateTag = (tag: string) => {
    for (const [key, { tags }] of this.#kept) if (tags.includes(tag)) this.#kept.delete(key);
  };
}

/** An HTTP server in front of a route handler, as Next is one. */
async function listen(handler: (request: Request) => Promise<Response>): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await Array.fromAsync(incoming));
    const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const answer = await handler(new Request("http://app.example/api/translations", { method: "POST", headers, body }));
    outgoing.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function signed(payload: object, { at = new Date(), by = secret } = {}): RequestInit {
  const body = JSON.stringify(payload);
  const id = "evt_1_2";
  return {
    method: "POST",
    body,
    headers: {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(by).sign(id, at, body),
      "content-type": "application/json",
    },
  };
}

describe("the example of next-intl", () => {
  test("shows ICU messages of the export, and a new translation after its webhook", async ({ api, openApi }) => {
    const cart = "{count, plural, one {# item} other {# items}}";
    const items = [
      { text: cart, businessId: "messages/en.json#Cart.items", format: "icu" },
      { text: "Pay", businessId: "messages/en.json#Cart.pay", format: "icu" },
    ];
    await api.ask("POST", "/requests", { items, targetLocales: ["fr"] });
    await drain(api.store);
    const cache = new DataCache();
    const load = (server: string): Promise<Messages> =>
      loadMessages("fr", { server, project: "shop", fetch: cache.fetch });
    const messages = await load(api.url);
    const t = createTranslator({ locale: "fr", messages, namespace: "Cart" } as never) as (
      key: string,
      values?: object,
    ) => string;
    expect(t("items", { count: 2 })).toContain("2 items");
    expect(t("pay")).toBe("[fr] Pay");

    const changed = { type: "export.changed", data: { project: "shop", locale: "fr" } };
    const url = await listen(webhookRoute({ secret, project: "shop", revalidateTag: cache.revalidateTag }));
    await api.hub.approve({
      businessId: "messages/en.json#Cart.pay",
      project: "shop",
      targetLocale: "fr",
      approvedText: "Payer",
    });
    for (const forged of [
      signed(changed, { by: `whsec_${Buffer.from("another secret of as many bytes.").toString("base64")}` }),
      signed(changed, { at: new Date(Date.now() - 600_000) }),
      { ...signed(changed), body: JSON.stringify({ ...changed, type: "x" }) },
      { method: "POST", body: JSON.stringify(changed) },
    ]) {
      expect((await fetch(url, forged)).status).toBe(401);
    }
    for (const other of [
      { project: "other", locale: "fr" },
      { project: "shop", locale: "de" },
    ]) {
      expect((await fetch(url, signed({ ...changed, data: other }))).status).toBe(204);
    }
    expect(await load(api.url)).toEqual(messages);
    expect(cache.reads).toBe(1);
    expect((await fetch(url, signed(changed))).status).toBe(204);
    // A server that has not just made this export: see the five seconds in the README.
    const fresh = await openApi();
    expect(await load(fresh.url)).toMatchObject({ Cart: { pay: "Payer" } });
    expect(tagOf("fr")).toBe("trans-hub:fr");
  });

  test.each<[string, { project: string; locale?: string | null; cursor?: string }]>([
    ["export.changed", { project: "shop", locale: null }],
    ["feed.reset", { project: "shop", cursor: "a.1" }],
    ["export.changed", { project: "shop", locale: "fr" }],
  ])("renews the messages of fr-CA after %s of %j, and no others", async (type, data) => {
    const tags: string[] = [];
    const url = await listen(webhookRoute({ secret, project: "shop", revalidateTag: (tag) => tags.push(tag) }));
    expect((await fetch(url, signed({ type, data }))).status).toBe(204);
    let kept: readonly string[] = [];
    const spy = async (_: unknown, init?: RequestInit) => {
      kept = (init as { next: { tags: string[] } }).next.tags;
      return Response.json({});
    };
    await loadMessages("fr-CA", { server: "http://hub.example", project: "shop", fetch: spy as typeof fetch });
    expect(kept).toEqual(expect.arrayContaining(tags));
    expect(tags).toHaveLength(1);
    await loadMessages("de", { server: "http://hub.example", project: "shop", fetch: spy as typeof fetch });
    expect(kept.includes(tags[0] ?? "")).toBe(data.locale == null);
  });

  test("fails where the export fails, and keeps nothing of it", async ({ api }) => {
    const cache = new DataCache();
    const options = { server: api.url, project: "shop", fetch: cache.fetch };
    await expect(loadMessages("x!", options)).rejects.toThrow("422");
    expect(await loadMessages("fr", options)).toEqual({});
  });
});
