/** examples/i18next, on a real server and a real PostgreSQL. */
import { test } from "@trans-hub/test-support/http-api";
import { drain } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { openI18n } from "../../examples/i18next/app.ts";

describe("the example of i18next", () => {
  test("loads texts, nested keys and plurals from the export, and falls back to the source", async ({ api }) => {
    const items = [
      { text: "Cart", businessId: "locales/en/common.json#cart.title" },
      { text: "{{count}} mail", businessId: "locales/en/common.json#mail_one", format: "i18next" },
      { text: "{{count}} mails", businessId: "locales/en/common.json#mail_other", format: "i18next" },
      { text: "Hello {{name}}", businessId: "locales/en/common.json#hello", format: "i18next" },
    ];
    await api.ask("POST", "/requests", { items, targetLocales: ["de"] });
    await drain(api.store);
    const late = { items: [{ text: "Later", businessId: "locales/en/common.json#later" }], targetLocales: ["de"] };
    await api.ask("POST", "/requests", late);
    const german = await openI18n({ server: api.url, project: "shop", locale: "de-AT" });
    expect(german.t("cart.title")).toBe("[de] Cart");
    expect(german.t("mail", { count: 1 })).toBe("[de] 1 mail");
    expect(german.t("mail", { count: 7 })).toBe("[de] 7 mails");
    expect(german.t("hello", { name: "Mia" })).toBe("[de] Hello Mia");
    expect(german.t("later")).toBe("Later");
    expect(german.t("never")).toBe("never");
  });

  test("requests a missing key with a token and from this machine, and from nowhere else", async ({ api, openApi }) => {
    const asked = async () => (await api.store.list({ project: "shop", targetLocale: "fr" })).items;
    const silent = await openI18n({ server: api.url, project: "shop", locale: "fr" });
    expect(silent.t("cart.pay", "Pay now")).toBe("Pay now");
    const open = await openApi({ publicExports: ["shop"] });
    const { token } = await api.hub.createToken({ projects: ["shop"], scopes: ["export", "request"] });
    const developing = await openI18n({ server: open.url, project: "shop", locale: "fr", token });
    expect(developing.t("cart.pay", "Pay now")).toBe("Pay now");
    const pay = { sourceText: "Pay now", businessIds: ["common#cart.pay"], status: "pending" };
    await expect.poll(asked, { timeout: 60_000 }).toMatchObject([pay]);
    await drain(api.store);
    const { url: server } = await openApi({ publicExports: ["shop"] });
    const next = await openI18n({ server, project: "shop", locale: "fr" });
    expect(next.t("cart.pay", "Pay now")).toBe("[fr] Pay now");
  });
});
