import { afterEach, expect, test, vi } from "vitest";
import type { Engine } from "../contract/engine.ts";
import { DatabaseUnavailableError } from "../contract/errors.ts";
import { Coordinator, type GetQuery } from "../index.ts";
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

test("readers with different preferences share the memory, and never each other's answers", async () => {
  const { handler, hub } = await withPayInMemory();
  await hub.request("Pay", { targetLocales: ["fr-CA"] });
  await hub.approve({ text: "Pay", targetLocale: "fr", approvedText: "Payer" });
  await Array.fromAsync(hub.processPendingTranslations("fr-CA"));
  const read = (given: Partial<GetQuery>) => hub.getTranslation({ text: "Pay", targetLocale: "fr-CA", ...given });
  const shown = async (given: Partial<GetQuery>) => {
    const { targetLocale, text, status, engine } = (await read(given)) ?? {};
    return { targetLocale, text, status, engine };
  };
  const any = { targetLocale: "fr-CA", text: "Pay (fr)", status: "translated", engine: "fake" };
  const approved = { targetLocale: "fr-CA", text: null, status: "translated", engine: null };
  const inFrench = { targetLocale: "fr", text: "Payer", status: "approved", engine: "human" };
  const reads = vi.spyOn(handler, "read");
  for (let round = 0; round < 2; round += 1) {
    expect(await shown({})).toEqual(any);
    expect(await shown({ prefer: "approved" })).toEqual(approved);
    expect(await shown({ prefer: "approved", fallback: true })).toEqual(inFrench);
    expect(await shown({ prefer: "approved-or-translated", fallback: true })).toEqual(any);
  }
  // One for each of the two locales: all later answers came from memory.
  expect(reads).toHaveBeenCalledTimes(2);
  const listed = await Array.fromAsync(hub.listTranslations({ targetLocale: "fr-CA", prefer: "approved" }));
  expect(listed).toMatchObject([{ status: "translated", text: null, engine: null, model: null, flags: [] }]);
});

test("a translation is read by its id: many from memory, one as the store has it", async () => {
  const { handler, hub, read } = await withPayInMemory();
  const id = (await read())?.id ?? "";
  const named = () => hub.getTranslations([{ id }, "Pay", { id: "999999999-0" }], { targetLocale: "fr" });
  const [byId, byText, nobody] = await named();
  expect(byId).toEqual(byText);
  expect(nobody).toBeUndefined();
  const touches = vi.spyOn(handler, "touch");
  await new Coordinator(handler).approve({ id, targetLocale: "fr", approvedText: "Payer" });
  expect((await named())[0]).toMatchObject({ text: "Pay (fr)" });
  expect(await hub.getTranslationById({ id, targetLocale: "fr" })).toMatchObject({ id, text: "Payer" });
  for (const elsewhere of [{ project: "other" }, { targetLocale: "de" }, { id: "999999999-0" }]) {
    const query = { id, targetLocale: "fr", ...elsewhere };
    await expect(hub.getTranslationById(query)).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
  }
  for (const bad of ["", "1", "1-", "0-0", "1-0 ", "1-00", `${"9".repeat(19)}-0`, "x-y", "1-0-0", "-1-0"]) {
    await expect(hub.getTranslationById({ id: bad, targetLocale: "fr" })).rejects.toMatchObject({
      code: "TH_ITEM_SHAPE",
      field: "id",
    });
  }
  await hub.close();
  expect(touches.mock.calls.flat(2)).toEqual([expect.objectContaining({ text: "Pay" })]);
});

test("an export is noted as a use where it is due", async () => {
  const { handler, hub } = await withPayInMemory();
  await hub.request({ text: "Pay", businessId: "pay" }, { targetLocales: ["fr"] });
  const exported = () => Array.fromAsync(hub.exportTexts({ targetLocale: "fr" }));
  const touches = vi.spyOn(handler, "touchUses");
  touches.mockRejectedValueOnce(new DatabaseUnavailableError("away"));
  expect(await exported()).toEqual([{ businessId: "pay", text: "Pay (fr)" }]);
  await exported();
  await hub.close();
  const uses = [expect.objectContaining({ businessId: "pay" })];
  expect(touches.mock.calls).toEqual([
    ["default", uses],
    ["default", uses],
  ]);
});

test("a business id whose source changed gives the old translation to the reader that asks for it, and says so", async () => {
  const hub = new Coordinator(new InMemoryPersistenceHandler(), { sourceLocale: "en", engines: [engine] });
  opened.push(hub);
  const named = { businessId: "pay", targetLocale: "fr" };
  await hub.request({ text: "Pay", businessId: "pay" }, { targetLocales: ["fr"] });
  await Array.fromAsync(hub.processPendingTranslations("fr"));
  await hub.request({ text: "Pay now", businessId: "pay" }, { targetLocales: ["fr"] });
  expect(await hub.getTranslation(named)).toMatchObject({ text: null, sourceText: "Pay now" });
  expect(await hub.getTranslation({ ...named, outdated: "old" })).toMatchObject({
    ...{ text: "Pay (fr)", engine: "fake", sourceText: "Pay now", status: "pending", outdated: true },
  });
  const [approved] = await hub.getTranslations([{ businessId: "pay" }], {
    ...{ targetLocale: "fr", outdated: "old", prefer: "approved" },
  });
  expect(approved).toMatchObject({ text: null });
  // Nothing of it is kept in memory.
  expect(await hub.getTranslation(named)).toMatchObject({ text: null });
  await Array.fromAsync(hub.processPendingTranslations("fr"));
  const present = await hub.getTranslation({ ...named, outdated: "old" });
  expect(present).toMatchObject({ text: "Pay now (fr)" });
  expect(present).not.toHaveProperty("outdated");
});
