/**
 * A minimal application: it requests its texts in two languages, and shows the translations when they are ready.
 *
 * It has no engine and no key, because workers translate. Compose puts it into our own image, beside the packages; your own
 * application depends on `@trans-hub/core`.
 */
import { readFileSync } from "node:fs";
import { Coordinator } from "@trans-hub/core";

const TEXTS = { "shop.cart.add": "Add to cart", "shop.cart.pay": "Pay now", "shop.back": "Back to the shop" };
const targetLocales = ["fr", "de"];

// The library reads no environment. As with the commands, the URL may come from a file.
const { TH_DATABASE_URL, TH_DATABASE_URL_FILE } = process.env;
const databaseUrl = TH_DATABASE_URL_FILE ? readFileSync(TH_DATABASE_URL_FILE, "utf8").trim() : TH_DATABASE_URL;
if (databaseUrl === undefined) {
  console.error("producer: set TH_DATABASE_URL, or TH_DATABASE_URL_FILE");
  process.exit(2);
}

const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stopping.abort());

const hub = await Coordinator.connect({ databaseUrl, project: "shop", sourceLocale: "en", maxConnections: 2 });
try {
  const items = Object.entries(TEXTS).map(([businessId, text]) => ({ businessId, text }));
  // The request is committed when the call returns. A repeated request changes nothing.
  console.log(await hub.request(items, { targetLocales, signal: stopping.signal }));
  for (const { businessId, text } of items) {
    const translations = await hub.waitFor({ text, targetLocales, timeoutMs: 120_000, signal: stopping.signal });
    for (const { targetLocale, text: translated } of translations) console.log(businessId, targetLocale, translated);
  }
} finally {
  await hub.close();
}
