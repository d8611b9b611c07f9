/** The role of a reviewer: its acts go through one function, which looks at its locales. */
import { randomBytes } from "node:crypto";
import { test as base, drain, item, reference } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { createRoles } from "../operations/roles.ts";

const test = base.extend("roles", async ({ database, db }, { onCleanup }) => {
  const prefix = `rev_${randomBytes(5).toString("hex")}`;
  const create = (reviewerLocales?: string[]) => createRoles({ databaseUrl: database.url, prefix, reviewerLocales });
  const { roles } = await create(["fr", "pt_BR"]);
  const anna = `${prefix}_anna`;
  await db.query(`create role ${anna} login in role ${roles.reviewer}`);
  onCleanup(async () => {
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const name of [anna, ...Object.values(roles)]) {
      await client.query(`reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`);
    }
    await client.end();
  });
  return { ...roles, anna, create };
});

/** The database's URL, for sessions that begin as a role. */
function actingAs(url: string, role: string): string {
  const own = new URL(url);
  own.searchParams.set("options", `-c role=${role}`);
  return own.href;
}

describe("a reviewer", () => {
  test("reviews in its own locales, reads in each, and writes to no table", async ({
    database,
    db,
    store,
    roles,
    openStore,
  }) => {
    await store.register([item("Pay", { targetLocales: ["fr", "de", "pt-BR"] })]);
    await drain(store);
    const reviewer = await openStore({ databaseUrl: actingAs(database.url, roles.reviewer) });
    const queue = { project: "default", targetLocale: "fr", queue: { sample: 100 } };
    expect((await reviewer.listForReview(queue)).items).toMatchObject([{ sourceText: "Pay", reason: "sample" }]);
    const acts = ["fr", "de", "pt-BR"].map((locale) => ({
      kind: "approve" as const,
      reference: reference("Pay", locale),
      by: "mia",
    }));
    const results = await reviewer.review(acts);
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, "TH_DATABASE_REFUSED", undefined]);
    expect(results[1]?.error?.message).toContain("into de");
    const read = await reviewer.read(acts.map((act) => act.reference));
    expect(read.map((found) => found?.status)).toEqual(["approved", "translated", "approved"]);
    expect((await reviewer.history(reference("Pay"))).items).toMatchObject([{ action: "approve", by: "mia" }]);
    await reviewer.review([{ kind: "reject", reference: reference("Pay"), note: "no" }]);
    await drain(store);
    expect((await reviewer.review([{ kind: "undo", reference: reference("Pay") }]))[0]?.translation).toMatchObject({
      status: "approved",
      text: "[fr] Pay",
    });

    const client = await db.connect();
    try {
      await client.query(`set session authorization ${roles.reviewer}`);
      for (const refused of [
        "update trans_hub.translation set status = 'approved'",
        "insert into trans_hub.reviewer_locale values (current_user, 'de')",
        "delete from trans_hub.review_act",
        "update trans_hub.review_act set note = ''",
        "select from trans_hub.api_token",
        "select trans_hub.review_every_locale()",
        "select trans_hub.review_row(1, 'de', 0, 'default', 'approve', null, null, null, null, false)",
        `set role ${roles.server}`,
      ]) {
        await expect(client.query(refused), refused).rejects.toMatchObject({ code: "42501" });
      }
    } finally {
      client.release(true);
    }
  });

  test("has the locales of the roles that it is a member of, and those that are set last", async ({
    database,
    db,
    store,
    roles,
    openStore,
  }) => {
    await store.register([item("Pay", { targetLocales: ["fr", "de"] })]);
    await drain(store);
    await db.query("insert into trans_hub.reviewer_locale values ($1, 'de'), ('nobody of this name', 'de')", [
      roles.anna,
    ]);
    const codes = async (role: string) => {
      const reviewer = await openStore({ databaseUrl: actingAs(database.url, role) });
      const acts = ["fr", "de"].map((locale) => ({ kind: "approve" as const, reference: reference("Pay", locale) }));
      return (await reviewer.review(acts)).map(({ error }) => error?.code ?? "done");
    };
    expect(await codes(roles.anna)).toEqual(["done", "done"]);
    expect(await codes(roles.reviewer)).toEqual(["done", "TH_DATABASE_REFUSED"]);
    await roles.create(["de"]);
    expect(await codes(roles.reviewer)).toEqual(["TH_DATABASE_REFUSED", "done"]);
    await roles.create(["*"]);
    expect(await codes(roles.reviewer)).toEqual(["done", "done"]);
    await roles.create();
    expect(await codes(roles.reviewer)).toEqual(["done", "done"]);
    await roles.create([]);
    expect(await codes(roles.reviewer)).toEqual(["TH_DATABASE_REFUSED", "TH_DATABASE_REFUSED"]);
    expect(await codes(roles.server)).toEqual(["done", "done"]);
  });

  test("locks no row of a locale that is not its own", async ({ db, store, roles }) => {
    await store.register([item("Pay", { targetLocales: ["de"] })]);
    await roles.create(["fr"]);
    const { rows } = await db.query("select content_no, context_no, project from trans_hub.translation");
    const { content_no: content, context_no: context, project } = rows[0];
    const client = await db.connect();
    try {
      await client.query(`set session authorization ${roles.reviewer}`);
      const review = (kinds: string[]) =>
        client.query(
          "select * from trans_hub.review($1, $2, '{de}', $3, $4, '{null}', '{null}', '{null}', '{null}', '{false}', 1, 1)",
          [kinds, [project], [content], [context]],
        );
      await expect(review([])).rejects.toMatchObject({ code: "TH001" });
      await client.query("begin");
      expect((await review(["approve"])).rows).toMatchObject([{ problems: ["locale"] }]);
      await db.query("select from trans_hub.translation for update nowait");
    } finally {
      client.release(true);
    }
  });

  test("no role but the owner changes the history", async ({ db, store, roles }) => {
    await store.register([item("Pay")]);
    await store.approve({ reference: reference("Pay"), text: "Payer" });
    for (const kind of ["worker", "server", "producer", "reader", "reviewer"] as const) {
      const client = await db.connect();
      try {
        await client.query(`set role ${roles[kind]}`);
        const changing = client.query("update trans_hub.review_act set text_after = 'x'");
        await expect(changing, kind).rejects.toMatchObject({ code: "42501" });
      } finally {
        client.release(true);
      }
    }
  });
});
