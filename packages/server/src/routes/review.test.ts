/** One translation by its id, and approving it. */
import { type Api, test } from "@trans-hub/test-support/http-api";
import { drain } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

interface Read {
  id: string;
  text: string | null;
  status: string;
  revision: number;
  businessIds: string[];
}

async function readPay(api: Api): Promise<Read> {
  const { body } = await api.ask<{ items: Read[] }>("POST", "/translations:read", {
    items: ["Pay"],
    targetLocale: "fr",
  });
  const [found] = body.items;
  if (found === undefined) throw new Error("it is not there");
  return found;
}

async function translated(api: Api): Promise<Read> {
  await api.ask("POST", "/requests", { items: [{ text: "Pay", businessId: "pay" }], targetLocales: ["fr", "de"] });
  await drain(api.store);
  return readPay(api);
}

describe("a translation by its id", () => {
  test("is read as it stands, with its revision as tag, by its own project and locale alone", async ({ api }) => {
    await api.ask("POST", "/requests", { items: [{ text: "Pay", businessId: "pay" }], targetLocales: ["fr", "de"] });
    const { id, revision } = await readPay(api);
    const waiting = await api.ask("GET", `/translations/fr/${id}`);
    expect(waiting).toMatchObject({ status: 200, body: { id, status: "pending", text: null } });
    expect(waiting.headers.get("etag")).toBe(`W/"${revision}"`);
    await drain(api.store);
    const found = await api.ask("GET", `/translations/fr/${id}`);
    const unseen = { "if-none-match": `W/"${revision}"` };
    expect(await api.ask("GET", `/translations/fr/${id}`, undefined, unseen)).toMatchObject({ status: 200 });
    expect(found).toMatchObject({ status: 200, body: { id, text: "[fr] Pay", businessIds: ["pay"], revision } });
    const etag = found.headers.get("etag") ?? "";
    expect(etag).toBe(`"${revision}"`);
    expect(await api.ask("GET", `/translations/fr/${id}`, undefined, { "if-none-match": etag })).toMatchObject({
      status: 304,
    });
    expect((await api.ask("GET", `/translations/FR/${id}`)).headers.get("content-location")).toBe(`../fr/${id}`);
    for (const path of [
      `/translations/ja/${id}`,
      `/translations/fr/999999999-0`,
      `/v1/projects/other/translations/fr/${id}`,
    ]) {
      expect(await api.ask("GET", path), path).toMatchObject({ status: 404, body: { code: "TH_NOT_FOUND" } });
    }
    expect(await api.ask("GET", "/translations/fr/nonsense")).toMatchObject({ status: 422, body: { field: "id" } });
    const many = { items: [{ id }, { id: "999999999-0" }, "Pay"], targetLocale: "de" };
    expect((await api.ask("POST", "/translations:read", many)).body).toMatchObject({
      items: [{ id, text: "[de] Pay" }, null, { id }],
    });
  });
});

describe("approving", () => {
  test("stores the text that was read, by the name of the one who asked, and gives the new state", async ({
    api,
    db,
  }) => {
    const { id, revision } = await translated(api);
    const approved = await api.ask<Read>("POST", `/translations/fr/${id}:approve`, {}, { "if-match": `"${revision}"` });
    expect(approved).toMatchObject({ status: 200, body: { id, status: "approved", text: "[fr] Pay", warnings: [] } });
    expect(approved.body.revision).toBeGreaterThan(revision);
    expect(approved.headers.get("etag")).toBe(`"${approved.body.revision}"`);
    const { rows } = await db.query("select approved_by from trans_hub.translation where target_locale = 'fr'");
    expect(rows).toEqual([{ approved_by: "local" }]);
    const read = { items: ["Pay"], targetLocale: "fr", prefer: "approved" };
    expect((await api.ask("POST", "/translations:read", read)).body).toMatchObject({ items: [{ text: "[fr] Pay" }] });
    const german = { ...read, targetLocale: "de" };
    expect((await api.ask("POST", "/translations:read", german)).body).toMatchObject({ items: [{ text: null }] });
  });

  test("stores a text of one's own, with the warnings of its checks, also before any machine", async ({ api }) => {
    await api.ask("POST", "/requests", { items: ["Hello {name}"], targetLocales: ["fr"], format: "icu" });
    const { body } = await api.ask<{ items: Read[] }>("POST", "/translations:read", {
      items: [{ text: "Hello {name}", format: "icu" }],
      targetLocale: "fr",
    });
    const { id = "", revision } = body.items[0] ?? {};
    const path = `/translations/fr/${id}:approve`;
    const waits = { "if-match": `W/"${revision}"` };
    // Its text may come under this revision, unseen.
    expect(await api.ask("POST", path, {}, waits)).toMatchObject({ status: 412 });
    const approved = await api.ask("POST", path, { text: "Bonjour", note: "short" }, waits);
    expect(approved).toMatchObject({
      status: 200,
      body: { text: "Bonjour", engine: "human", warnings: [{ check: expect.any(String) }] },
    });
  });

  test("wants the revision, and shows the present state where another one stands", async ({ api }) => {
    const { id, revision } = await translated(api);
    const path = `/translations/fr/${id}:approve`;
    for (const headers of [{}, { "if-match": "*" }] as Record<string, string>[]) {
      expect(await api.ask("POST", path, {}, headers)).toMatchObject({
        status: 428,
        body: { code: "TH_PRECONDITION_REQUIRED" },
      });
    }
    for (const tag of [String(revision), '"one"', `"${revision}", "2"`, '""']) {
      expect(await api.ask("POST", path, {}, { "if-match": tag })).toMatchObject({
        status: 400,
        body: { field: "If-Match" },
      });
    }
    const refused = await api.ask("POST", path, { text: "Payer" }, { "if-match": `"${revision + 1}"` });
    expect(refused).toMatchObject({
      status: 412,
      body: { code: "TH_REVISION_CHANGED", current: { id, revision, text: "[fr] Pay", status: "translated" } },
    });
    expect(refused.headers.get("etag")).toBe(`"${revision}"`);
    expect(await readPay(api)).toMatchObject({ revision, status: "translated" });
    const missing = await api.ask("POST", "/translations/ja/999999999-0:approve", {}, { "if-match": '"1"' });
    expect(missing).toMatchObject({ status: 404, body: { code: "TH_NOT_FOUND" } });
    const elsewhere = await api.ask("POST", `/v1/projects/other${path}`, {}, { "if-match": `"${revision}"` });
    expect(elsewhere).toMatchObject({ status: 404, body: { code: "TH_NOT_FOUND" } });
    expect(await api.ask("POST", path, { by: "somebody" }, { "if-match": `"${revision}"` })).toMatchObject({
      status: 400,
      body: { field: "by" },
    });
  });

  test("of ten at once with one revision, one wins and nine see its text", async ({ api }) => {
    const { id, revision } = await translated(api);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        api.ask<Read & { current?: Read }>(
          "POST",
          `/translations/fr/${id}:approve`,
          { text: `Person ${at}` },
          {
            "if-match": `"${revision}"`,
          },
        ),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { status, body } of answers) {
      if (status !== 200) expect([status, body.current?.text]).toEqual([412, winners[0]?.body.text]);
    }
    expect(await readPay(api)).toMatchObject({ text: winners[0]?.body.text, status: "approved" });
  });
});
