/** The glossary of a project over HTTP. */
import { test } from "@trans-hub/test-support/http-api";
import { expect } from "vitest";

const board = { term: "board", sourceLocale: "en", targets: { fr: { as: "plateau" } } };

test("a glossary is read with its tag, and replaced as a whole by the one who read it", async ({ api }) => {
  const empty = await api.ask("GET", "/glossary");
  expect(empty).toMatchObject({ status: 200, body: { revision: 0, terms: [], styles: [] } });
  const etag = empty.headers.get("etag") ?? "";
  expect(etag).toBe('"0"');
  expect(await api.ask("PUT", "/glossary", { terms: [board] })).toMatchObject({ status: 428 });
  const put = await api.ask("PUT", "/glossary", { terms: [board] }, { "if-match": etag });
  expect(put).toMatchObject({ status: 200, body: { revision: 1, added: 1, changed: 0, removed: 0 } });
  expect(put.headers.get("etag")).toBe('"1"');
  const late = await api.ask("PUT", "/glossary", { terms: [] }, { "if-match": etag });
  expect(late).toMatchObject({ status: 412, body: { code: "TH_REVISION_CHANGED" } });
  expect(late.headers.get("etag")).toBe('"1"');
  const read = await api.ask("GET", "/glossary");
  expect(read.body).toMatchObject({ revision: 1, terms: [{ ...board, kind: "translate", case: "any", note: null }] });
  expect(await api.ask("GET", "/glossary", undefined, { "if-none-match": '"1"' })).toMatchObject({ status: 304 });
  const none = { terms: [{ ...board, term: "…" }] };
  expect(await api.ask("PUT", "/glossary", none, { "if-match": '"1"' })).toMatchObject({ status: 422 });
});
