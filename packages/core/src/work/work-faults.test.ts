import { describe, expect, onTestFinished } from "vitest";
import { drain, echo, item, reference, test, translated, value, workOf } from "../../../../test/support/store.ts";
import { SchemaMissingError } from "../errors.ts";
import type { WorkOutcome } from "../persistence-handler.ts";

/** Rejections that nobody heard, which would end a process. */
function unheardRejections(): unknown[] {
  const unheard: unknown[] = [];
  const onUnheard = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", onUnheard);
  onTestFinished(() => void process.off("unhandledRejection", onUnheard));
  return unheard;
}

describe("work that fails", () => {
  test("fails once and to its caller, while what it has in hand still ends", async ({ db, store }) => {
    const unheard = unheardRejections();
    await store.register([item("Save"), item("Cancel")]);
    const later: WorkOutcome = { kind: "postponed", delayMs: 60_000 };
    const working = store.work(
      {
        until: "empty",
        concurrency: 1,
        maxItems: 50,
        observer: { settled: () => void db.query("alter table trans_hub.batch rename to elsewhere") },
      },
      workOf(() => later),
    );
    await expect(working).rejects.toThrow(SchemaMissingError);
    await store.close();
    expect(unheard).toEqual([]);
  });

  test("is over when its caller hears of it: nothing goes on asking", async ({ db, store }) => {
    const unheard = unheardRejections();
    await store.register([item("Save")]);
    await db.query("alter table trans_hub.worker_node rename to elsewhere");
    await expect(drain(store)).rejects.toThrow(SchemaMissingError);
    await store.close();
    // Whoever still asked would be refused by the closed pool, unheard.
    const sessions = "select count(*)::int from pg_stat_activity where application_name = 'trans-hub'";
    await expect.poll(() => value(db, sessions)).toBe(0);
    expect(unheard).toEqual([]);
  });
});

describe("texts that PostgreSQL cannot store", () => {
  test("one of them harms none of those it was translated with", async ({ db, store }) => {
    // Each a batch of its own, which one call takes together.
    for (const text of ["One", "Two", "Three"]) await store.register([item(text)]);
    const batches: number[] = [];
    await drain(store, async (batch, signal) => {
      batches.push(batch.items.length);
      const { outcomes, calls } = await echo(batch, signal);
      return {
        outcomes: outcomes.map((each, at) => (batch.items[at]?.text === "Two" ? translated("\0") : each)),
        calls,
      };
    });
    expect(batches).toEqual([3]);
    const found = await store.read(["One", "Two", "Three"].map((text) => reference(text)));
    expect(found.map((each) => each?.status)).toEqual(["translated", "failed", "translated"]);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });
});
