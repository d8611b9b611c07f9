/** The receipts of a registration, also where one item is bad. */
import type { RegisterItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { count, items, sum } from "@trans-hub/test-support/register";
import { drain, failed, item, reference, test, value, workOf } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("counts", () => {
  test("a row is registered by the first of the call that names it, existing by all others", async ({ db, store }) => {
    expect(
      await store.register([
        item("Pay", { targetLocales: ["fr", "de"] }),
        item("Pay", { targetLocales: ["de", "ja"], businessId: "pay" }),
        item("Pay", { targetLocales: ["fr"], project: "other" }),
        item("Pay", { targetLocales: ["fr"], context: { at: "till" } }),
        item("Pay", { targetLocales: ["fr"], sourceLocale: "de" }),
      ]),
    ).toEqual([
      { registered: 2, existing: 0, queued: 0, failed: 0 },
      { registered: 1, existing: 1, queued: 0, failed: 0 },
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
    await expectInvariants(db);
  });

  test("what says the same is one context, whatever its spelling", async ({ db, store }) => {
    const same = [
      [{ a: 1, b: "é" }, { b: "é", a: 1.0 }, '{"b":"\\u00e9","a":1e0}'],
      [{ n: 0.1 }, '{"n":0.10}'],
      [{ n: 0 }, { n: -0 }],
      [
        { "\u{1f600}": 1, "\ufb33": 2 },
        { "\ufb33": 2, "\u{1f600}": 1 },
      ],
      ["x", { note: "x" }],
      [{ n: "0.1" }],
      [{ é: 1 }],
      [{ "e\u0301": 1 }],
    ];
    for (const spellings of same) {
      const receipts = await store.register(spellings.map((context) => item("Pay", { context })));
      expect(sum(receipts)).toEqual({ registered: 1, existing: spellings.length - 1, queued: 0, failed: 0 });
    }
    expect(await count(db, "trans_hub.context")).toBe(same.length);
    await expectInvariants(db);
  });

  test("a text with nothing to translate is stored as it is, without a job", async ({ db, store }) => {
    expect(
      await store.register([item(" \n"), item("42 %"), item("{name}"), item("Pay", { targetLocales: ["en", "fr"] })]),
    ).toMatchObject([{ registered: 1 }, { registered: 1 }, { registered: 1 }, { registered: 2 }]);
    expect(await store.read([reference("{name}"), reference("Pay", "en")])).toMatchObject([
      { status: "translated", text: "{name}", engine: "none" },
      { status: "translated", text: "Pay", engine: "none" },
    ]);
    expect(await count(db, "trans_hub.batch")).toBe(1);
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(4);
    await expectInvariants(db);
  });

  test("a text that its producer calls verbatim, and is not, waits for an engine", async ({ db, store }) => {
    const lie = ["Known", "New", "42 %"].map((text) => ({ ...item(text), verbatim: true }));
    await store.register([item("Known")]);
    for (const chunk of [lie.slice(1), lie]) await store.register(chunk);
    const { rows } = await db.query(
      "select c.text, t.status from trans_hub.translation as t join trans_hub.content as c using (content_no) order by 1",
    );
    expect(rows).toEqual([
      { text: "42 %", status: "translated" },
      { text: "Known", status: "pending" },
      { text: "New", status: "pending" },
    ]);
    await expectInvariants(db);
  });

  test("failed ones are reported, and not tried again", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    expect(await store.register([item("Pay"), item("Pay")])).toEqual([
      { registered: 0, existing: 1, queued: 0, failed: 1 },
      { registered: 0, existing: 1, queued: 0, failed: 1 },
    ]);
    expect(await count(db, "trans_hub.batch")).toBe(0);
    await expectInvariants(db);
  });
});

describe("one bad item", () => {
  test("does not take its neighbours along, and is reported by its own error", async ({ db, store }) => {
    const chunk: RegisterItem[] = items(1_000);
    chunk[17] = { ...item("x"), text: "secret\0" };
    chunk[500] = { ...item("Long id"), businessId: "x".repeat(256) };
    chunk[501] = { ...item("Not JSON"), context: "{secret" };
    chunk[999] = { ...item("Level"), priority: 7 as 1 };
    const receipts = await store.register(chunk);
    expect(sum(receipts)).toEqual({ registered: 996, existing: 0, queued: 0, failed: 0 });
    for (const at of [17, 500, 501, 999]) {
      expect(receipts[at]).toMatchObject({ registered: 0, existing: 0, error: { retryable: false } });
      expect(receipts[at]?.error?.code).toMatch(/^TH_/);
      expect(receipts[at]?.error?.message).not.toMatch(/secret|xxx/);
    }
    expect(receipts.filter(({ error }) => error !== undefined)).toHaveLength(4);
    expect(await count(db, "trans_hub.translation")).toBe(996);
    await expectInvariants(db);
  });
});
