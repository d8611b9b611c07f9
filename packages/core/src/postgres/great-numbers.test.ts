/** Numbers of rows beyond 2^31: every table and function takes them. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, failed, item, reference, test, translated, value, workOf } from "@trans-hub/test-support/store";
import { expect } from "vitest";

test("contexts and texts with numbers beyond 2^31 are registered, translated, read, reviewed, replayed and removed", async ({
  db,
  store,
}) => {
  await db.query(`
    alter sequence trans_hub.context_context_no_seq restart 3000000000;
    alter sequence trans_hub.content_content_no_seq restart 5000000000`);
  const context = { at: "till" };
  const inContext = (text: string) => ({ ...reference(text), context: '{"at":"till"}' });
  await store.register([
    item("Pay", { context, businessId: "pay" }),
    item("Back", { context }),
    item("No", { context }),
  ]);
  // Known by then, and put back to work.
  await store.register([item("Pay", { context, force: true, priority: "interactive" }), item("More", { context })]);
  expect(await value(db, "select min(context_no)::text from trans_hub.source")).toBe("3000000000");
  const decide = workOf(({ text }) => (text === "No" ? failed() : translated(`[fr] ${text}`)));
  expect(await drain(store, decide)).toMatchObject({ translated: 3, failed: 1 });
  expect((await store.read([inContext("Pay"), inContext("No")])).map((each) => each?.status)).toEqual([
    "translated",
    "failed",
  ]);
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ project: "default", targetLocale: "fr" }, { limit: 1, ...(cursor && { cursor }) });
    listed.push(...page.items.map(({ sourceText }) => sourceText));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(listed.sort()).toEqual(["Back", "More", "No", "Pay"]);
  await store.touch([inContext("Pay"), { project: "default", targetLocale: "fr", businessId: "pay" }]);
  expect(await store.approve({ reference: inContext("Back"), by: "a person" })).toMatchObject({ status: "approved" });
  expect((await store.listDeadLetters({ project: "default" })).items).toHaveLength(1);
  expect(await store.replayDeadLetters({ project: "default" })).toBe(1);
  expect(await drain(store)).toMatchObject({ translated: 1 });
  expect(await value(db, `select trans_hub.get_translations('{"businessId": "pay"}', 'fr') -> 0 ->> 'text'`)).toBe(
    "[fr] Pay",
  );
  await store.register([item("Waits", { context })]);
  expect(await store.cancel({ project: "default" })).toBe(1);
  expect(await store.forget({ project: "default", text: "Pay", sourceLocale: "en" })).toMatchObject({ forgotten: 1 });
  await expectInvariants(db);
  await db.query(
    "update trans_hub.source set last_seen_at = '2000-01-01'; update trans_hub.context set created_at = '2000-01-01'",
  );
  await store.collect({ retentionDays: 1, includeApproved: true });
  expect(await value(db, "select count(*)::int from trans_hub.context")).toBe(0);
  await expectInvariants(db);
});
