/** Tokens of the HTTP API: made, found, listed without their hashes, revoked, ended. */
import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { SettingsError } from "../../contract/errors.ts";
import type { TokenToStore } from "../../contract/token.ts";
import { makeToken } from "../../rules/token.ts";
import { type AddCase, until } from "./kit.ts";

function tokenToStore(given: Partial<TokenToStore> = {}): TokenToStore {
  return { ...makeToken({ projects: ["shop"], scopes: ["request", "read"] }).stored, ...given };
}

export function tokenCases(add: AddCase): void {
  add("a token is found by its id, also by another member, with its rights and its hash", async ({ handler, open }) => {
    const other = await open();
    const all = tokenToStore({ projects: "*", scopes: ["review"], locales: ["fr", "pt-BR"], label: "mia@example.com" });
    const plain = tokenToStore();
    expect(await handler.tokens.hasAny()).toBe(false);
    const made = await handler.tokens.create(all);
    await handler.tokens.create(plain);
    expect(await other.tokens.hasAny()).toBe(true);
    expect(made).toEqual({
      ...{ id: all.id, projects: "*", scopes: ["review"], locales: ["fr", "pt-BR"], label: "mia@example.com" },
      ...{ createdAt: expect.any(Date), expiresAt: null, revokedAt: null, lastUsedOn: null },
    });
    expect(await other.tokens.find(all.id)).toEqual({ token: made, sha256: all.sha256, endsInMs: null });
    expect(await other.tokens.find(plain.id)).toMatchObject({
      token: { projects: ["shop"], scopes: ["request", "read"], locales: null, label: null },
      sha256: plain.sha256,
    });
    expect(await other.tokens.find("000000000000")).toBeUndefined();
  });

  add("a list has every token, and neither tokens nor hashes", async ({ handler }) => {
    const tokens = [tokenToStore(), tokenToStore(), tokenToStore()];
    for (const each of tokens) await handler.tokens.create(each);
    await handler.tokens.revoke(tokens[0]?.id ?? "");
    const list = await handler.tokens.list();
    expect(list.map(({ id }) => id).toSorted()).toEqual(tokens.map(({ id }) => id).toSorted());
    expect(JSON.stringify(list)).not.toMatch(/sha256|[0-9a-f]{64}/);
  });

  add("a token that is revoked twice keeps the time of the first, and others are left alone", async ({ handler }) => {
    const [one, other] = [tokenToStore(), tokenToStore()];
    for (const each of [one, other]) await handler.tokens.create(each);
    expect(await handler.tokens.revoke(one.id)).toBe(true);
    const first = await handler.tokens.find(one.id);
    expect(first?.token.revokedAt).toEqual(expect.any(Date));
    expect(await handler.tokens.revoke(one.id)).toBe(true);
    expect(await handler.tokens.find(one.id)).toEqual(first);
    expect((await handler.tokens.find(other.id))?.token.revokedAt).toBeNull();
    expect(await handler.tokens.revoke("000000000000")).toBe(false);
    // An installation that had tokens goes on wanting a login.
    expect(await handler.tokens.hasAny()).toBe(true);
  });

  add("a token ends by the store's clock", async ({ handler }) => {
    const brief = tokenToStore({ expiresInSeconds: 0.2 });
    const long = tokenToStore({ expiresInSeconds: 3_600 });
    for (const each of [brief, long]) await handler.tokens.create(each);
    await until(async () => ((await handler.tokens.find(brief.id))?.endsInMs ?? 1) <= 0);
    const left = (await handler.tokens.find(long.id))?.endsInMs;
    expect(left).toBeGreaterThan(3_000_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
  });

  add("a use is noted as a day", async ({ handler }) => {
    const used = tokenToStore();
    const unused = tokenToStore();
    for (const each of [used, unused]) await handler.tokens.create(each);
    await handler.tokens.noteUse(used.id);
    await handler.tokens.noteUse(used.id);
    await handler.tokens.noteUse("000000000000");
    expect((await handler.tokens.find(used.id))?.token.lastUsedOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect((await handler.tokens.find(unused.id))?.token.lastUsedOn).toBeNull();
  });

  add("a bad token is refused by the name of its part, and its id is never repeated", async ({ handler }) => {
    const secret = createHash("sha256").update(randomBytes(8)).digest("hex");
    const bad: [Partial<TokenToStore>, RegExp][] = [
      [{ id: "short" }, /^id: /],
      [{ sha256: `${secret}00` }, /^sha256: /],
      [{ projects: [] }, /^projects: must be a list/],
      [{ projects: ["shop", "*"] }, /^projects\[1\]: \* stands alone/],
      [{ scopes: [] }, /^scopes: must be a list/],
      [{ scopes: ["reed" as never] }, /^scopes\[0\]: reed is not a scope; did you mean "read"\?/],
      [{ locales: [] }, /^locales: must be a list/],
      [{ locales: ["klingon-language"] }, /^locales\[0\]: /],
      [{ label: "" }, /^label: /],
      [{ expiresInSeconds: 0 }, /^expiresInSeconds: /],
    ];
    for (const [part, problem] of bad) {
      const error: unknown = await handler.tokens.create(tokenToStore(part)).then(
        () => undefined,
        (reason) => reason,
      );
      expect(error, JSON.stringify(part)).toBeInstanceOf(SettingsError);
      expect((error as Error).message).toMatch(problem);
      expect((error as Error).message).not.toContain(secret);
    }
    await expect(handler.tokens.revoke(`thk_${"0".repeat(12)}_secret`)).rejects.toThrow(/not the token itself/);
    expect(await handler.tokens.list()).toEqual([]);
  });
}
