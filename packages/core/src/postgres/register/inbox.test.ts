/** The inbox: items that were requested inside callers' transactions. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { count } from "@trans-hub/test-support/register";
import { drain, echo, item, test } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

describe("the inbox", () => {
  async function append(db: pg.Pool, appended: unknown[], defaults = {}) {
    await db.query("select trans_hub.append_to_inbox($1, $2)", [JSON.stringify(appended), JSON.stringify(defaults)]);
  }
  const entry = (text: string, given = {}) => ({ text, sourceLocale: "en", targetLocales: ["fr"], ...given });

  test("keeps what the database refuses, and registers its neighbours", async ({ db, store }) => {
    await append(db, [entry("Before")]);
    await append(db, [entry("Beside"), entry("Bad", { targetLocales: ["english"] }), entry("Beside too")]);
    // Of a kind that only a change of rules between two releases could let in.
    await db.query("alter table trans_hub.content add check (text <> 'Worse')");
    await append(db, [entry("Next to it"), entry("Worse"), entry("And to it")]);
    await append(db, [entry("After")], { project: "shop" });
    const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    expect(summary).toEqual({ translated: 6, failed: 0, retrying: 0 });
    const { rows } = await db.query("select items -> 0 ->> 'text' as text, refused from trans_hub.inbox order by id");
    expect(rows.toSorted((a, b) => a.text.localeCompare(b.text))).toEqual([
      { text: "Bad", refused: "TH_LOCALE" },
      { text: "Worse", refused: "23514" },
    ]);
    expect(await store.status()).toMatchObject({ inbox: 0, refused: { TH_LOCALE: 1, "23514": 1 } });
    await expectInvariants(db);
  });

  test("takes texts of the length that its producer allows", async ({ db, store }) => {
    const client = await db.connect();
    await client.query("begin");
    await store.enqueue(client, [{ ...item("x"), text: "long ".repeat(300_000) }]);
    await client.query("commit");
    client.release();
    expect(await drain(store)).toMatchObject({ translated: 1, failed: 0 });
    expect(await count(db, "trans_hub.inbox")).toBe(0);
    await expectInvariants(db);
  });
});
