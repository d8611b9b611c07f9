import { test } from "@trans-hub/test-support/batches";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, echo, item, reference, revisionOf, translated, workOf } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("an approval", () => {
  test("is never overwritten by a batch that is under way", async ({ db, store }) => {
    await store.register([item("Pay"), item("Back")]);
    const first = await revisionOf(store, "Pay");
    const summary = await drain(store, async (batch, signal) => {
      await store.approve({ reference: reference("Pay"), text: "Mine", by: "me" });
      return echo(batch, signal);
    });
    expect(summary.failed).toBe(0);
    expect(await store.read([reference("Pay"), reference("Back")])).toMatchObject([
      { status: "approved", text: "Mine", engine: "human", revision: first + 1 },
      { status: "translated", text: "[fr] Back" },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 1 });
    await expectInvariants(db);
  });

  test("of another revision than the reviewer read is refused, and so is one without a text", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await expect(store.approve({ reference: reference("Pay") })).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
    await expect(store.approve({ reference: reference("None"), text: "x" })).rejects.toMatchObject({
      code: "TH_NOT_FOUND",
    });
    await drain(store);
    const first = await revisionOf(store, "Pay");
    await store.register([item("Pay", { force: true })]);
    await expect(store.approve({ reference: reference("Pay"), revision: first })).rejects.toMatchObject({
      code: "TH_REVISION_CHANGED",
      expected: first,
      actual: first + 1,
    });
    // Approving the text that readers have ends the work on a new one.
    expect(await store.approve({ reference: reference("Pay"), revision: first + 1 })).toMatchObject({
      status: "approved",
      text: "[fr] Pay",
      engine: "test",
      revision: first + 2,
    });
    await drain(
      store,
      workOf(() => translated("new")),
    );
    await store.approve({ reference: reference("Pay"), text: "Twice" });
    expect(await store.read([reference("Pay")])).toMatchObject([{ text: "Twice", revision: first + 3 }]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 1 });
    await expectInvariants(db);
  });

  test("of a revision that was read before the text was taken back and requested anew is refused", async ({
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const read = await revisionOf(store, "Pay");
    await store.forget({ project: "default", text: "Pay", sourceLocale: "en" });
    await store.register([item("Pay")]);
    await drain(
      store,
      workOf(() => translated("Another text")),
    );
    const approving = store.approve({ reference: reference("Pay"), revision: read });
    await expect(approving).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
  });
});
