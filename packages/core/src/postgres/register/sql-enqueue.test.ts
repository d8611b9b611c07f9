/** `trans_hub.enqueue`, inside a caller's transaction. */

import { expectInvariants } from "@trans-hub/test-support/invariants";
import { expectWithin } from "@trans-hub/test-support/load";
import { enqueue, test } from "@trans-hub/test-support/sql-api";
import { drain, item, reference, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("enqueue", () => {
  test("is forgotten with a rollback and registered by the fleet after a commit", async ({ outsider, db, store }) => {
    const client = await outsider.connect();
    for (const end of ["rollback", "commit"]) {
      await client.query("begin");
      await enqueue(client, { text: end, targetLocales: ["fr"], sourceLocale: "en" });
      await client.query(end);
    }
    client.release();
    expect((await drain(store)).translated).toBe(1);
    const [forgotten, kept] = await store.read([reference("rollback"), reference("commit")]);
    expect(forgotten).toBeUndefined();
    expect(kept).toMatchObject({ status: "translated", text: "[fr] commit" });
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
    await expectInvariants(db);
  });

  test("counts an expiry from the request on, whatever the fleet took until it registered", async ({
    outsider,
    db,
    store,
  }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr"], expiresAfterSeconds: 3_600 };
    await enqueue(outsider, [{ text: "Soon" }, { text: "Later", expiresAfterSeconds: 86_400 }], defaults);
    await db.query("update trans_hub.inbox set created_at = now() - interval '30 minutes'");
    await enqueue(outsider, [{ text: "Whenever", expiresAfterSeconds: null }], {
      ...defaults,
      expiresAfterSeconds: null,
    });
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    const { rows } = await db.query(
      "select c.text, round(extract(epoch from t.expires_at - now()) / 1800)::int as half_hours " +
        "from trans_hub.translation t join trans_hub.content c using (content_no) order by c.text",
    );
    expect(rows).toEqual([
      { text: "Later", half_hours: 47 },
      { text: "Soon", half_hours: 1 },
      { text: "Whenever", half_hours: null },
    ]);
  });

  test("in an open transaction delays nobody, the very first of a database included", async ({
    outsider,
    db,
    store,
  }) => {
    const [one, two] = [await outsider.connect(), await outsider.connect()];
    try {
      await one.query("begin");
      await enqueue(one, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      await two.query("begin; set local statement_timeout = '5s'");
      await enqueue(two, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      const startedAt = performance.now();
      expect(await store.register([item("Pay"), item("Back")])).toMatchObject([{ registered: 1 }, { registered: 1 }]);
      expectWithin(performance.now() - startedAt, 1_000);
      await two.query("commit");
      await one.query("commit");
    } finally {
      one.release(true);
      two.release(true);
    }
    await drain(store);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(2);
    await expectInvariants(db);
  });
});
