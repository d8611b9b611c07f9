/**
 * An application, as small as it gets: it asks for its texts in two languages, and shows them once they are there.
 *
 * It has no engine and no key, and translates nothing itself: workers do. Compose puts it into our own image, beside the
 * packages; an application of yours depends on `@trans-hub/core`.
 */
import { Coordinator, loadEnvironment, parseSettings } from "@trans-hub/core";

const TEXTS = { "shop.cart.add": "Add to cart", "shop.cart.pay": "Pay now", "shop.back": "Back to the shop" };
const targetLocales = ["fr", "de"];

// As the commands do, for TH_DATABASE_URL_FILE. The library itself reads no environment.
const { databaseUrl } = parseSettings(loadEnvironment());
if (databaseUrl === undefined) {
  console.error("producer: set TH_DATABASE_URL, or TH_DATABASE_URL_FILE");
  process.exit(2);
}

const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stopping.abort());

const hub = await Coordinator.connect({ databaseUrl, project: "shop", sourceLocale: "en", maxConnections: 2 });
try {
  const items = Object.entries(TEXTS).map(([businessId, text]) => ({ businessId, text }));
  // Committed when it returns. Asking again for what is there changes nothing.
  console.log(await hub.request(items, { targetLocales, signal: stopping.signal }));
  for (const { businessId, text } of items) {
    const translations = await hub.waitFor({ text, targetLocales, timeoutMs: 120_000, signal: stopping.signal });
    for (const { targetLocale, text: translated } of translations) console.log(businessId, targetLocale, translated);
  }
} finally {
  await hub.close();
}
