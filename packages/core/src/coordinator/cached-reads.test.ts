import { afterEach, expect, test, vi } from "vitest";
import type { Engine } from "../contract/engine.ts";
import { DatabaseUnavailableError } from "../contract/errors.ts";
import { Coordinator } from "../index.ts";
import { InMemoryPersistenceHandler } from "../testing/index.ts";

const opened: Coordinator[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()));
});

const engine: Engine = {
  name: "fake",
  version: "1",
  processor: "local",
  maxItemsPerCall: 100,
  maxBytesPerCall: 1_000_000,
  detectsSource: true,
  takesContext: true,
  translate: async ({ items }) => ({ results: new Map(items.map(({ id, text }) => [id, { text: `${text} (fr)` }])) }),
};

/** A coordinator that has the French of "Pay" in memory, and its store. */
async function withPayInMemory() {
  const handler = new InMemoryPersistenceHandler();
  const hub = new Coordinator(handler, { sourceLocale: "en", engines: [engine] });
  opened.push(hub);
  await hub.request("Pay", { targetLocales: ["fr"] });
  await Array.fromAsync(hub.processPendingTranslations("fr"));
  const read = () => hub.getTranslation({ text: "Pay", targetLocale: "fr" });
  expect(await read()).toMatchObject({ status: "translated", text: "Pay (fr)" });
  return { handler, hub, read };
}

test("a forced request that is cancelled while its statement runs still drops the old answer from memory", async () => {
  const { handler, hub, read } = await withPayInMemory();
  const register = handler.register.bind(handler);
  const cancel = new AbortController();
  const committed = Promise.withResolvers<void>();
  vi.spyOn(handler, "register").mockImplementation(async (items, options) => {
    cancel.abort();
    const receipts = await register(items, options);
    committed.resolve();
    return receipts;
  });
  const request = hub.request("Pay", { targetLocales: ["fr"], force: true, signal: cancel.signal });
  await expect(request).rejects.toMatchObject({ code: "TH_CANCELLED" });
  await committed.promise;
  expect(await read()).toMatchObject({ status: "pending" });
});

test("a write whose answer is lost still drops the old answer from memory", async () => {
  const { handler, hub, read } = await withPayInMemory();
  const query = { text: "Pay", targetLocale: "fr" };
  const lost = new DatabaseUnavailableError("The connection was lost after the commit");
  const approve = handler.approve.bind(handler);
  vi.spyOn(handler, "approve").mockImplementationOnce(async (approval) => {
    await approve(approval);
    throw lost;
  });
  await expect(hub.approve({ ...query, approvedText: "Payer" })).rejects.toBe(lost);
  expect(await read()).toMatchObject({ status: "approved", text: "Payer" });

  const forget = handler.forget.bind(handler);
  vi.spyOn(handler, "forget").mockImplementationOnce(async (reference) => {
    await forget(reference);
    throw lost;
  });
  await expect(hub.forget({ text: "Pay" })).rejects.toBe(lost);
  expect(await read()).toBeUndefined();
});

test("a read by a business id that began before the id got another text is not kept", async () => {
  const { handler, hub } = await withPayInMemory();
  await hub.request({ text: "Pay", businessId: "button" }, { targetLocales: ["fr"] });
  const byId = () => hub.getTranslation({ businessId: "button", targetLocale: "fr" });
  const read = handler.read.bind(handler);
  const answered = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  vi.spyOn(handler, "read").mockImplementationOnce(async (references) => {
    const found = await read(references);
    answered.resolve();
    await held.promise;
    return found;
  });
  const early = byId();
  await answered.promise;
  await hub.request({ text: "Pay now", businessId: "button" }, { targetLocales: ["fr"] });
  held.resolve();
  expect(await early).toMatchObject({ sourceText: "Pay" });
  expect(await byId()).toMatchObject({ sourceText: "Pay now", status: "pending" });
});
