import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOKEN_SCOPES } from "../contract/token.ts";
import { checkTokenId, isSameToken, makeToken, readToken, subjectOfToken } from "./token.ts";

const GRANT = { projects: ["shop"], scopes: ["read"] } as const;

describe("a token", () => {
  test("has its form, is stored as its hash alone, and is read back", () => {
    const { token, stored } = makeToken(GRANT);
    expect(token).toMatch(/^thk_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(stored).toEqual({
      ...{ id: token.slice(4, 16), sha256: createHash("sha256").update(token).digest("hex") },
      ...{ projects: ["shop"], scopes: ["read"], locales: null, label: null, expiresInSeconds: null },
    });
    const [, , secret = "?"] = token.split("_");
    expect(JSON.stringify(stored)).not.toContain(secret);
    const presented = readToken(token);
    expect(presented?.id).toBe(stored.id);
    expect(presented !== undefined && isSameToken(presented, stored)).toBe(true);
  });

  test("is another one each time, in its id and its secret", () => {
    const tokens = Array.from({ length: 200 }, () => makeToken(GRANT).token.split("_"));
    expect(new Set(tokens.map(([, id]) => id)).size).toBe(200);
    expect(new Set(tokens.map(([, , secret]) => secret)).size).toBe(200);
  });

  test("with any one character changed, removed or added is refused without a look-up", () => {
    const { token } = makeToken(GRANT);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === "x" ? "y" : "x";
      expect(readToken(`${token.slice(0, at)}${other}${token.slice(at + 1)}`), `changed at ${at}`).toBeUndefined();
      expect(readToken(`${token.slice(0, at)}${token.slice(at + 1)}`), `removed at ${at}`).toBeUndefined();
      expect(readToken(`${token.slice(0, at)}x${token.slice(at)}`), `added at ${at}`).toBeUndefined();
    }
    for (const bent of [` ${token}`, `${token} `, `${token}\n`, token.toUpperCase(), `${token}_`, "", "thk_"]) {
      expect(readToken(bent), JSON.stringify(bent)).toBeUndefined();
    }
  });

  test("is no token where any other text is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => readToken(text) === undefined));
  });

  test("of the same id with another secret is another one", () => {
    const [one, other] = [makeToken(GRANT), makeToken(GRANT)];
    const presented = readToken(one.token);
    expect(presented !== undefined && isSameToken(presented, other.stored)).toBe(false);
    for (const sha256 of ["", "00", `${one.stored.sha256}00`]) {
      expect(presented !== undefined && isSameToken(presented, { sha256 }), sha256).toBe(false);
    }
  });

  test("has canonical locales, and each project, scope and locale once", () => {
    const { stored } = makeToken({
      projects: ["shop", "blog", "shop"],
      scopes: ["review", "request", "review"],
      locales: ["PT-br", "pt-BR", "fr"],
    });
    expect(stored).toMatchObject({
      projects: ["shop", "blog"],
      scopes: ["request", "review"],
      locales: ["pt-BR", "fr"],
    });
  });

  test.for([
    ["projects", { scopes: ["read"] }],
    ["scopes", { projects: "*" }],
    ["projects", { projects: "shop", scopes: ["read"] }],
    ["scopes[1]", { projects: "*", scopes: ["read", "*"] }],
    ["expiresInSeconds", { projects: "*", scopes: ["read"], expiresInSeconds: -1 }],
    ["lable", { projects: "*", scopes: ["read"], lable: "mia" }],
  ] as const)("is not made without a good %s", ([key, options]) => {
    expect(() => makeToken(options as never)).toThrow(expect.objectContaining({ code: "TH_SETTINGS" }));
    expect(() => makeToken(options as never)).toThrow(`${key}: `);
  });

  test("gives its label, or else its id, to the acts that it makes", () => {
    expect(subjectOfToken({ id: "a".repeat(12), label: "mia" })).toBe("mia");
    expect(subjectOfToken({ id: "a".repeat(12), label: null })).toBe("token:aaaaaaaaaaaa");
  });

  test("in the place of its id is not repeated", () => {
    const { token, stored } = makeToken(GRANT);
    expect(checkTokenId(stored.id)).toBe(stored.id);
    expect(() => checkTokenId(token)).toThrow(/not the token itself/);
    expect(() => checkTokenId(token)).not.toThrow(new RegExp(token));
  });
});

test("scopes are those of the HTTP API", () => {
  expect(TOKEN_SCOPES).toEqual(["request", "read", "export", "feed", "review", "operate", "catalog", "admin"]);
});
