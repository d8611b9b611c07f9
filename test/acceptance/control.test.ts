/** What an operator does by hand: forgetting a text, cancelling what waits. */
import type { StoreStatus } from "@trans-hub/core";
import { describe, expect } from "vitest";
import { testOnDatabase as test } from "../support/command.ts";

test("cancel takes back what waits, of a project and into a locale", async ({ commands }) => {
  const request = ["request", "Pay", "Back", "--from", "en", "--project", "shop", "--to"];
  await commands.json([...request, "fr"]);
  await commands.json(["worker", "--once"]);
  await commands.json([...request, "fr,de,ja", "--force"]);
  expect(await commands.json(["cancel", "--project", "shop", "--to", "de", "--yes"])).toEqual({ cancelled: 2 });
  const prefix = ["cancel", "--project", "shop", "--business-id-prefix", "import.", "--yes"];
  expect(await commands.json(prefix)).toEqual({ cancelled: 0 });
  expect(await commands.run(["cancel", "--project", "shop", "--yes"])).toMatchObject({
    code: 0,
    stdout: "4 cancelled\n",
  });
  const { translations } = await commands.json<StoreStatus>(["status"]);
  expect(translations).toEqual({ pending: 0, translated: 2, failed: 0, approved: 0 });
});

describe("forget", () => {
  test("removes a text of one project, and says how many", async ({ commands }) => {
    for (const project of ["letters", "shop"]) {
      await commands.json(["request", "Dear Ms Example", "--from", "en", "--to", "fr", "--project", project]);
    }
    await commands.json(["worker", "--once"]);
    const forget = ["forget", "Dear Ms Example", "--from", "en", "--project", "letters", "--yes"];
    expect(await commands.json(forget)).toEqual({ forgotten: 1, stillUsed: 1 });
    expect(await commands.json(forget)).toEqual({ forgotten: 0, stillUsed: 0 });
    const get = ["get", "Dear Ms Example", "--from", "en", "--to", "fr", "--project"];
    expect(await commands.json([...get, "letters"], { code: 3 })).toEqual({ status: "missing" });
    expect(await commands.json([...get, "shop"])).toMatchObject({ status: "translated" });
  });

  test("takes the texts of a business id", async ({ commands }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr", "--business-id", "shop.pay"]);
    const ended = await commands.run(["forget", "--business-id", "shop.pay", "--yes"]);
    expect(ended).toMatchObject({ code: 0, stdout: "1 forgotten\n", stderr: "" });
  });

  test("needs --yes where nobody can be asked, and one name", async ({ commands }) => {
    for (const [args, message] of [
      [["forget", "Pay"], /--yes/],
      [["cancel"], /--yes/],
      [["forget", "--yes"], /--business-id/],
      [["forget", "Pay", "--business-id", "pay", "--yes"], /--business-id/],
    ] as const) {
      expect(await commands.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
    }
  });
});
