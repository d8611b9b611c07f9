/** The facts that the doctor judges: here, those that no whole command needs to show. */
import { randomBytes } from "node:crypto";
import { readServerFacts } from "@trans-hub/core/operations";
import { test } from "@trans-hub/test-support/store";
import { expect } from "vitest";

const HARMFUL = {
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  row_security: "off",
  array_nulls: "off",
  standard_conforming_strings: "off",
  exit_on_error: "on",
  session_replication_role: "replica",
  search_path: "elsewhere, pg_catalog",
  client_encoding: "latin1",
  statement_timeout: "100ms",
  lock_timeout: "1s",
  idle_in_transaction_session_timeout: "2s",
  idle_session_timeout: "3s",
};

/** Choices of an operator that change nothing of ours. */
const HARMLESS = {
  datestyle: "'German, DMY'",
  timezone: "'Europe/Berlin'",
  search_path: "app, public",
  statement_timeout: "'54s'",
  idle_in_transaction_session_timeout: "'1min'",
  default_transaction_read_only: "off",
  synchronous_commit: "remote_apply",
};

for (const whose of ["database", "role"]) {
  test(`each harmful setting of a ${whose} is listed with its owner, and no harmless one`, async ({ database, db }) => {
    const name = new URL(database.url).pathname.slice(1);
    const role = `app_${randomBytes(6).toString("hex")}`;
    await db.query(`create role ${role} login; grant execute on function trans_hub.request to ${role}`);
    await db.query(`create role ${role}_other`);
    const alter = whose === "database" ? `alter database "${name}"` : `alter role ${role} in database "${name}"`;
    try {
      for (const [setting, value] of Object.entries(HARMLESS)) await db.query(`${alter} set ${setting} = ${value}`);
      // A role that registers nothing may have any settings.
      await db.query(`alter role ${role}_other in database "${name}" set default_transaction_isolation = serializable`);
      const list = async () => (await readServerFacts({ databaseUrl: database.url })).harmfulSettings;
      expect(await list()).toEqual([]);
      for (const [setting, value] of Object.entries(HARMFUL)) {
        const given = setting === "search_path" ? value : `'${value}'`;
        await db.query(`${alter} set ${setting} = ${given}`);
      }
      const of = whose === "database" ? "every role" : role;
      expect(await list()).toEqual(
        Object.entries(HARMFUL)
          .map(([setting, value]) => ({ name: setting, value, of }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
    } finally {
      await db.query(`drop owned by ${role}; drop role ${role}, ${role}_other`);
    }
  });
}
