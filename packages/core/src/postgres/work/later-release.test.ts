/** Rows that a later release wrote while this one still works: during a roll-out both run on one database. */
import { drain, item, test, translated, workOf } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { WorkItem } from "../../contract/work.ts";

test("a text of a format that only a later release knows is translated as auto, and so are its neighbours", async ({
  store,
  db,
}) => {
  await store.register([
    item("Save"),
    item("Open", { format: "html" }),
    item("{ $count } files", { format: "icu", context: "a counter" }),
  ]);
  await db.query("alter table trans_hub.context drop constraint context_format_is_known");
  await db.query("update trans_hub.context set format = 'mf2' where format = 'icu'");

  const seen: Pick<WorkItem, "text" | "format" | "context">[] = [];
  const summary = await drain(
    store,
    workOf(({ text, format, context }) => {
      seen.push({ text, format, context });
      return translated(`[fr] ${text}`);
    }),
  );

  expect(summary).toEqual({ translated: 3, failed: 0, retrying: 0 });
  expect(seen.sort((one, other) => one.text.localeCompare(other.text))).toEqual([
    { text: "{ $count } files", format: "auto", context: { note: "a counter" } },
    { text: "Open", format: "html", context: null },
    { text: "Save", format: "auto", context: null },
  ]);
});
