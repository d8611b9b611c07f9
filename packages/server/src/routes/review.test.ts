/** One translation by its id, and the acts of people on it. */
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

interface Act {
  kind: string;
  id: string;
  targetLocale: string;
  revision: number;
  [field: string]: unknown;
}

interface Entry {
  actId: string;
  at: string;
  action: string;
  by: string | null;
  note: string | null;
  textBefore: string | null;
  textAfter: string | null;
  undoes: string | null;
}

interface HistoryPage {
  items: Entry[];
  nextCursor: string | null;
}

describe("rejecting, reopening and undoing", () => {
  test("each wants the revision that was read, gives the new state, and stands in the history", async ({ api }) => {
    const { id, revision } = await translated(api);
    const path = `/translations/fr/${id}`;
    const take = (kind: string, tag: string | null, body: object = {}) =>
      api.ask<Read & { current?: Read; code?: string }>(
        "POST",
        `${path}:${kind}`,
        body,
        tag === null ? {} : { "if-match": tag },
      );
    for (const kind of ["reject", "reopen", "undo"]) {
      expect(await take(kind, null), kind).toMatchObject({ status: 428, body: { code: "TH_PRECONDITION_REQUIRED" } });
      const other = await take(kind, `"${revision + 1}"`);
      expect(other, kind).toMatchObject({ status: 412, body: { current: { id, revision, text: "[fr] Pay" } } });
      expect(other.headers.get("etag")).toBe(`"${revision}"`);
      const missing = `/translations/ja/999999999-0:${kind}`;
      expect(await api.ask("POST", missing, {}, { "if-match": '"1"' }), kind).toMatchObject({ status: 404 });
      const elsewhere = `/v1/projects/other${path}:${kind}`;
      expect(await api.ask("POST", elsewhere, {}, { "if-match": `"${revision}"` }), kind).toMatchObject({
        status: 404,
      });
    }
    expect(await take("reopen", `"${revision}"`)).toMatchObject({ status: 409, body: { code: "TH_NOT_APPROVED" } });
    expect(await take("undo", `"${revision}"`)).toMatchObject({ status: 409, body: { code: "TH_NOTHING_TO_UNDO" } });

    const rejected = await take("reject", `"${revision}"`, { note: "Too formal" });
    expect(rejected).toMatchObject({ status: 200, body: { status: "pending", text: "[fr] Pay" } });
    const waits = rejected.headers.get("etag") ?? "";
    expect(waits).toBe(`W/"${rejected.body.revision}"`);
    // Its text may be replaced under this revision, unseen; taking the act back judges no text.
    expect(await take("reject", waits)).toMatchObject({ status: 412 });
    const restored = await take("undo", waits);
    expect(restored).toMatchObject({ status: 200, body: { status: "translated", text: "[fr] Pay" } });
    const approved = await take("approve", restored.headers.get("etag"), { text: "Payer", note: "Shorter" });
    expect(approved).toMatchObject({ status: 200, body: { status: "approved", text: "Payer" } });
    const reopened = await take("reopen", approved.headers.get("etag"));
    expect(reopened).toMatchObject({ status: 200, body: { status: "translated", text: "Payer" } });

    const { body } = await api.ask<HistoryPage>("GET", `${path}/history`);
    expect(body.items).toMatchObject([
      { action: "reopen", by: "local", textAfter: "Payer" },
      { action: "edit", note: "Shorter", textBefore: "[fr] Pay", textAfter: "Payer" },
      { action: "undo", undoes: body.items[3]?.actId },
      { action: "reject", note: "Too formal" },
    ]);
    expect(new Date(body.items[0]?.at ?? "").getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  test("a hidden text is read by nobody until another one is stored", async ({ api }) => {
    const { id, revision } = await translated(api);
    const headers = { "if-match": `"${revision}"` };
    const hidden = await api.ask("POST", `/translations/fr/${id}:reject`, { hide: true }, headers);
    expect(hidden).toMatchObject({ status: 200, body: { status: "pending", text: null } });
    expect(await readPay(api)).toMatchObject({ text: null });
    await drain(api.store);
    expect(await readPay(api)).toMatchObject({ text: "[fr] Pay", status: "translated" });
  });

  test("the history comes page by page, of its own project and locale alone", async ({ api }) => {
    const { id } = await translated(api);
    const path = `/translations/fr/${id}`;
    for (const text of ["Un", "Deux", "Trois"]) {
      const { headers } = await api.ask("GET", path);
      await api.ask("POST", `${path}:approve`, { text }, { "if-match": headers.get("etag") ?? "" });
    }
    const texts: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await api.ask<HistoryPage>("GET", `${path}/history?limit=2${query}`);
      expect(status).toBe(200);
      texts.push(...body.items.map(({ textAfter }) => textAfter));
      cursor = body.nextCursor;
      if (cursor !== null) {
        const foreign = `/translations/de/${id}/history?cursor=${encodeURIComponent(cursor)}`;
        expect(await api.ask("GET", foreign)).toMatchObject({ status: 400, body: { code: "TH_CURSOR" } });
      }
    } while (cursor !== null);
    expect(texts).toEqual(["Trois", "Deux", "Un"]);
    for (const other of [`/v1/projects/other${path}/history`, `/translations/de/${id}/history`]) {
      expect((await api.ask<HistoryPage>("GET", other)).body.items, other).toEqual([]);
    }
  });
});

test("the whole story of a translation has its parts, and is of its own project and locale alone", async ({ api }) => {
  const { id, revision } = await translated(api);
  const path = `/translations/fr/${id}`;
  await api.ask("POST", `${path}:approve`, { text: "Payer", note: "Shorter" }, { "if-match": `"${revision}"` });
  expect(await api.ask("GET", `${path}/why`)).toMatchObject({
    status: 200,
    body: {
      translation: { id, text: "Payer", status: "approved" },
      sections: [
        { kind: "origin", by: "person", approvedBy: "local", changedAt: expect.stringMatching(/^20.*Z$/) },
        { kind: "uses", uses: [{ businessId: "pay", isCurrent: true, hint: null }] },
        { kind: "checks", blocked: [], format: "auto" },
        { kind: "history", entries: [{ action: "edit", note: "Shorter" }], hasMore: false },
      ],
    },
  });
  for (const other of [`/v1/projects/other${path}/why`, "/translations/fr/999999999-0/why"]) {
    expect(await api.ask("GET", other)).toMatchObject({ status: 404, body: { code: "TH_NOT_FOUND" } });
  }
});

describe("many acts at once", () => {
  test("are taken in their order, with a result for each", async ({ api }) => {
    const { id, revision } = await translated(api);
    const act = (kind: string, given: Partial<Act> = {}): Act => ({ kind, id, targetLocale: "fr", revision, ...given });
    const { status, body } = await api.ask<{ items: unknown[] }>("POST", "/translations:review", {
      items: [
        act("approve", { text: "Payer" }),
        act("approve"),
        act("approve", { id: "999999999-0" }),
        act("approve", { id: "nonsense" }),
        act("reject", { status: "pending" }),
        act("undo", { revision: revision + 1, targetLocale: "FR" }),
        act("reject", { targetLocale: "de", note: "No" }),
        act("reopen", { id: "1-0-0" }),
      ],
    });
    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      // As it stands after all acts.
      { translation: { text: "[fr] Pay", status: "translated", warnings: [] } },
      { problem: { code: "TH_REVISION_CHANGED", current: { text: "[fr] Pay", revision: revision + 2 } } },
      { problem: { code: "TH_NOT_FOUND", status: 404 } },
      { problem: { field: "items[3].id", status: 422 } },
      { problem: { code: "TH_REVISION_CHANGED" } },
      { translation: { text: "[fr] Pay", status: "translated" } },
      { translation: { targetLocale: "de", status: "pending" } },
      { problem: { field: "items[7].id", status: 422 } },
    ]);
    expect(await readPay(api)).toMatchObject({ text: "[fr] Pay", status: "translated" });
  });

  test("need each the revision that was read, and are 500 at most", async ({ api }) => {
    const bare = { kind: "approve", id: "1-0", targetLocale: "fr" };
    for (const [items, field] of [
      [[bare], "items[0].revision"],
      [[{ ...bare, revision: 1, by: "somebody" }], "items[0].by"],
      [[{ ...bare, kind: "edit", revision: 1 }], "items[0].kind"],
      [Array(501).fill({ ...bare, revision: 1 }), "items"],
    ] as const) {
      expect(await api.ask("POST", "/translations:review", { items }), field).toMatchObject({
        status: 400,
        body: { field },
      });
    }
    expect((await api.ask("POST", "/translations:review", { items: [] })).body).toEqual({ items: [] });
  });
});
