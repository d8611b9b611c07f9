import { test } from "@trans-hub/test-support/database";
import { expect } from "vitest";
import { findDamage } from "./damage.ts";

test("an index that lost the entry of a row is found, and no other is blamed", async ({ db, skip }) => {
  await db.query("create schema chaos");
  const { note, damage: before } = await findDamage(db);
  if (!note.startsWith("amcheck")) skip(note);
  expect(before).toEqual([]);
  // The planner's catalogue says that the index is not to be written: the row gets no entry.
  const setWritten = (isWritten: boolean) =>
    db.query(
      "update pg_index set indisready = $1, indisvalid = $1 where indexrelid = 'trans_hub.target_locale_pkey'::regclass",
      [isWritten],
    );
  await setWritten(false);
  await db.query("insert into trans_hub.target_locale (locale) values ('fr')");
  await setWritten(true);
  const { damage } = await findDamage(db);
  expect(damage).toHaveLength(1);
  expect(damage[0]).toMatch(/^index trans_hub\.target_locale_pkey: .*lacks matching index tuple/);
});
