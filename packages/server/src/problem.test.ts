import { readFileSync } from "node:fs";
import { BacklogFullError, DatabaseUnavailableError, InvalidItemError, RevisionChangedError } from "@trans-hub/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { PROBLEMS, Problem, problemOf } from "./problem.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

describe("a problem", () => {
  test("has the status and the title that docs/errors.md says, and its type leads to that row", () => {
    const rows = [...page.matchAll(/^\| (\d{3}) \| <a id="(TH_\w+)"><\/a>`(TH_\w+)` \| ([^|]+) \|/gm)].map(
      ([, status, id, code, title]) => ({ status: Number(status), id, code, title: title?.trim() }),
    );
    const expected = Object.entries(PROBLEMS)
      .filter(([code, { status }]) => status !== 500 || code === "TH_UNEXPECTED")
      .map(([code, { status, title }]) => ({ status, id: code, code, title }));
    const byCode = (one: { code?: string | undefined }, other: { code?: string | undefined }) =>
      (one.code ?? "") < (other.code ?? "") ? -1 : 1;
    expect(rows.sort(byCode)).toEqual(expected.sort(byCode));
  });

  test("says the code, the field and the cure", () => {
    const { body, headers } = problemOf(new InvalidItemError("TH_LOCALE", "targetLocales[1]", "is not a locale"), "r1");
    expect(Problem.parse(body)).toEqual({
      type: "https://github.com/trans-hub/trans-hub/blob/main/docs/errors.md#TH_LOCALE",
      title: "The locale is not valid",
      status: 422,
      code: "TH_LOCALE",
      retryable: false,
      field: "targetLocales[1]",
      hint: "Use BCP 47, such as fr, pt-BR, zh-Hans.",
      requestId: "r1",
    });
    expect(headers).toEqual({});
    expect(problemOf(new BacklogFullError(), "r").headers).toEqual({ "retry-after": "10" });
    expect(problemOf(new DatabaseUnavailableError("x"), "r").body).toMatchObject({ status: 503, retryable: true });
    expect(problemOf(new RevisionChangedError(1, 2), "r").body).toMatchObject({
      status: 412,
      code: "TH_REVISION_CHANGED",
    });
  });

  test("of an unknown error is a 500 that says nothing of it", () => {
    for (const error of [new Error("secret"), "secret", null, undefined, { code: "FST_SECRET" }]) {
      const { body } = problemOf(error, "r");
      expect(body).toMatchObject({ status: 500, code: "TH_UNEXPECTED" });
      expect(JSON.stringify(body)).not.toMatch(/secret/i);
    }
  });

  test("repeats no value of a body of another form, and no key that is no name", () => {
    const schema = z.strictObject({
      a: z.enum(["x", "y"]),
      b: z.array(z.strictObject({ c: z.string() })).max(2),
      d: z.int().max(3),
      e: z.iso.datetime(),
      f: z.string().regex(/^x$/),
      g: z.string().regex(/^x$/, "It must be an x."),
    });
    const secret = "a secret text";
    const good = { a: "x", b: [{ c: "" }], d: 1, e: "2026-11-30T00:00:00Z", f: "x", g: "x" };
    const seen = [
      { ...good, a: secret },
      { ...good, b: [{ c: 1 }, { [secret]: 1 }] },
      { ...good, d: secret },
      { ...good, e: secret },
      { ...good, f: secret },
      { ...good, g: secret },
      { ...good, [secret]: 1 },
      { ...good, known: 1 },
      { b: [] },
      secret,
    ].map((value) => {
      const { body } = problemOf(schema.safeParse(value).error, "r");
      expect(JSON.stringify(body)).not.toContain(secret);
      return [body.field, body.hint];
    });
    expect(seen).toEqual([
      ["a", "It must be one of: x, y."],
      ["b[0].c", "It must be of the type string."],
      ["d", "It must be of the type number."],
      ["e", "It must be a time as in RFC 3339, such as 2026-11-30T08:00:00Z."],
      ["f", "It has another form than the route takes."],
      ["g", "It must be an x."],
      ["(a key that is no name)", "There is no such field."],
      ["known", "There is no such field."],
      ["a", expect.stringMatching(/missing|one of/)],
      [undefined, "It must be of the type object."],
    ]);
  });
});
