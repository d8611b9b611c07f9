/** Tokens of the HTTP API on the command line: shown once, listed without their secrets, revoked, stored as hashes. */
import { createHash } from "node:crypto";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

interface Created {
  token: string;
  id: string;
  projects: string[] | "*";
  scopes: string[];
  locales: string[] | null;
  label: string | null;
  expiresAt: string | null;
}

describe("tokens", () => {
  test("are created, listed and revoked, and only their hashes are in the database", async ({ commands, db }) => {
    const made = await commands.json<Created>([
      ...["tokens", "create", "--projects", "shop,blog", "--scopes", "request,read"],
      ...["--locales", "FR,pt_BR", "--expires", "90d", "--label", "mia@example.com"],
    ]);
    expect(made).toMatchObject({
      token: expect.stringMatching(new RegExp(`^thk_${made.id}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$`)),
      projects: ["shop", "blog"],
      scopes: ["request", "read"],
      locales: ["fr", "pt-BR"],
      label: "mia@example.com",
    });
    const days = (Date.parse(made.expiresAt ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
    const all = await commands.json<Created>(["tokens", "create", "--projects", "*", "--scopes", "operate"]);
    expect(all).toMatchObject({ projects: "*", locales: null, label: null, expiresAt: null });

    const rows = await value<string>(db, "select jsonb_agg(to_jsonb(t))::text from trans_hub.api_token as t");
    expect(rows).toContain(createHash("sha256").update(made.token).digest("hex"));
    const [, , secret = "?"] = made.token.split("_");
    expect(rows).not.toContain(secret);

    const listed = await commands.run(["tokens", "list", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      tokens: [
        { id: all.id, revokedAt: null, lastUsedOn: null },
        { id: made.id, label: "mia@example.com" },
      ],
    });
    expect(listed.stdout).not.toMatch(/thk_|sha256|[0-9a-f]{64}/);
    expect(await commands.json(["tokens", "revoke", made.id])).toEqual({ revoked: true });
    expect((await commands.run(["tokens", "list"])).stdout).toMatch(
      new RegExp(`${made.id}\\tmia@example.com.*\\trevoked `),
    );
    expect(await commands.json(["tokens", "revoke", "000000000000"], { code: 1 })).toEqual({ revoked: false });
  });

  test("are alone on stdout, for a pipe", async ({ commands }) => {
    const { stdout, stderr } = await commands.run(["tokens", "create", "--projects", "shop", "--scopes", "read"]);
    expect(stdout).toMatch(/^thk_\w{12}_\w{43}_\w{6}\n$/);
    expect(stderr).toMatch(/is shown only now: keep it\. It may read in shop\./);
    expect(stderr).not.toContain(stdout.trim());
  });

  test("with wrong rights are refused by name, and a token in the place of an id is not repeated", async ({
    commands,
  }) => {
    const wrong: [string[], RegExp][] = [
      [["create", "--scopes", "read"], /--projects is missing/],
      [["create", "--projects", "shop"], /--scopes is missing/],
      [["create", "--projects", "shop", "--scopes", "reed"], /Did you mean read\?/],
      [["create", "--projects", "shop", "--scopes", "xyz"], /Scopes are request, read, export/],
      [["create", "--projects", "shop,*", "--scopes", "read"], /'\*' stands alone/],
      [["create", "--projects", ",", "--scopes", "read"], /at least one project/],
      [["create", "--projects", "shop", "--scopes", "read", "--locales", "klingon-x"], /locale/],
      [["create", "--projects", "shop", "--scopes", "read", "--expires", "90"], /90d, 12h or 30m/],
      [["create", "--projects", "shop", "--scopes", "read", "--expires", "0d"], /90d, 12h or 30m/],
      [["create", "--projects", "shop", "--scopes", "read", "--label", ""], /--label/],
    ];
    for (const [args, message] of wrong) {
      const { error } = await commands.json<{ error: { message: string; hint?: string } }>(["tokens", ...args], {
        code: 2,
      });
      expect(`${error.message} ${error.hint}`, args.join(" ")).toMatch(message);
    }
    const token = `thk_${"a".repeat(12)}_${"b".repeat(43)}_${"c".repeat(6)}`;
    const { stdout, stderr, code } = await commands.run(["tokens", "revoke", token, "--json"]);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain("b".repeat(43));
  });
});
