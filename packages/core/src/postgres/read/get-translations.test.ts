/** `trans_hub.get_translations`. */
import { read, request, test } from "@trans-hub/test-support/sql-api";
import { echo, reference } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("get_translations", () => {
  test("reads inside a read-only transaction", async ({ outsider, db }) => {
    await request(outsider, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const client = await outsider.connect();
    await client.query("begin read only");
    const { rows } = await client.query(
      `select trans_hub.get_translations('{"text": "Pay", "sourceLocale": "en"}', 'fr') -> 0 ->> 'status' as status`,
    );
    expect(rows).toEqual([{ status: "pending" }]);
    await client.query("rollback");
    client.release();
  });

  test("is not held up by a stranger's open transaction over the same text", async ({ outsider, db }) => {
    await request(outsider, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const stranger = await outsider.connect();
    try {
      await stranger.query("begin");
      await request(stranger, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      expect(await read(outsider, { text: "Pay", sourceLocale: "en" }, "fr")).toMatchObject([{ status: "pending" }]);
    } finally {
      stranger.release(true);
    }
  });

  test("keeps the order, gives null for what is missing, and refuses what it cannot read", async ({ outsider }) => {
    await request(outsider, [{ text: "Pay" }, { text: "24/7" }], { targetLocales: ["pt_br"], sourceLocale: "en" });
    const answers = await read(
      outsider,
      [{ text: "Nothing" }, { text: "24/7", sourceLocale: "en" }, { businessId: "none" }, {}],
      "pt-BR",
    );
    expect(answers).toMatchObject([null, { text: "24/7", engine: "none" }, null, null]);
    expect(await read(outsider, [], "fr")).toEqual([]);
    await expect(read(outsider, { text: "secret", sourceLocale: "x!" }, "fr")).rejects.toMatchObject({ code: "TH005" });
    await expect(read(outsider, { text: "Pay" }, "x!")).rejects.toMatchObject({ code: "TH005" });
    for (const misfit of ["Pay", null, 5, [{ text: "Pay" }]]) {
      await expect(read(outsider, [{ text: "Pay" }, misfit], "fr")).rejects.toMatchObject({
        code: "TH001",
        message: "items[1] must be an object",
      });
    }
    await expect(read(outsider, "Pay", "fr")).rejects.toMatchObject({ code: "TH001" });
  });

  test("with prefer approved, a translation that nobody approved has no text", async ({ outsider, store }) => {
    await request(outsider, [{ text: "Pay" }, { text: "Buy" }], { targetLocales: ["fr"], sourceLocale: "en" });
    await store.work({ until: "empty", concurrency: 1, maxItems: 50, drainMs: 1_000 }, echo);
    const approved = await store.approve({ reference: reference("Pay"), text: "Payer" });
    const asked = (prefer: string) =>
      outsider.query("select trans_hub.get_translations($1, 'fr', $2) as answers", [
        JSON.stringify([
          { text: "Pay", sourceLocale: "en" },
          { text: "Buy", sourceLocale: "en" },
        ]),
        prefer,
      ]);
    const { rows } = await asked("approved");
    expect(rows[0].answers).toMatchObject([
      { id: approved.id, text: "Payer", engine: "human", status: "approved" },
      { text: null, engine: null, model: null, flags: [], status: "translated" },
    ]);
    expect((await asked("approved-or-translated")).rows[0].answers).toMatchObject([
      { text: "Payer" },
      { text: "[fr] Buy", engine: "test" },
    ]);
    await expect(asked("reviewed")).rejects.toMatchObject({
      code: "TH001",
      message: "prefer: must be one of approved, approved-or-translated",
    });
  });

  test("names the argument or field that it cannot read", async ({ db }) => {
    const read = (items: string, locale: string) =>
      db.query(`select trans_hub.get_translations('${items}', ${locale})`);
    for (const [items, locale, code, message] of [
      ["[]", "null", "TH005", "target_locale: is missing"],
      ["[]", "'x!'", "TH005", "target_locale: is not a locale"],
      ["[]", "'english'", "TH005", 'target_locale: "english" is not a locale we know'],
      ['{"text": "secret", "sourceLocale": "x!"}', "'fr'", "TH005", "sourceLocale: is not a locale"],
      ['{"text": "secret", "context": [1]}', "'fr'", "TH008", "context: "],
    ] as const) {
      await expect(read(items, locale)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    }
  });
});
