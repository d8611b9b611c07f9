/** An operator's manual controls: forgetting a text, cancelling waiting work, pausing. */
import type { StoreStatus } from "@trans-hub/core";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

test("cancel removes the waiting work of a project into a locale", async ({ commands }) => {
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

describe("pause", () => {
  test("is obeyed by a running worker and shown, until it is resumed", async ({ commands }) => {
    const worker = commands.start(["worker"]);
    await worker.says("worker.ready");
    const fr = { kind: "locale", name: "fr", since: expect.any(String) };
    expect(await commands.json(["pause", "--locale", "fr"])).toEqual({ paused: [fr] });
    const ended = await commands.run(["pause", "--project", "shop"]);
    expect(ended).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^paused: locale fr since .*; project shop since/),
    });
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr,de"]);
    await commands.json(["request", "Pay", "--from", "en", "--to", "ja", "--project", "shop"]);
    const status = () => commands.json<StoreStatus>(["status"]);
    await expect.poll(async () => (await status()).jobs).toEqual({ ready: 0, running: 0, scheduled: 2 });
    expect(await status()).toMatchObject({
      translations: { pending: 2, translated: 1 },
      paused: [{ kind: "locale" }, { kind: "project", name: "shop" }],
    });
    expect((await commands.run(["status"])).stdout).toContain("paused: locale fr since");

    expect(await commands.json(["resume", "--locale", "fr"])).toMatchObject({ paused: [{ kind: "project" }] });
    expect(await commands.json(["resume"])).toEqual({ paused: [] });
    await expect.poll(async () => (await status()).translations).toMatchObject({ translated: 3 });
  });

  test("of an engine keeps it from being called", async ({ commands }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
    await commands.json(["pause", "--engine", "pseudo"]);
    expect(await commands.json(["worker", "--until-empty"])).toEqual({ translated: 0, failed: 0, retrying: 0 });
    await commands.json(["resume", "--engine", "pseudo"]);
    expect(await commands.json(["worker", "--until-empty"])).toMatchObject({ translated: 1 });
  });

  test("accepts one target at a time", async ({ commands }) => {
    const args = ["pause", "--engine", "openai", "--locale", "fr"];
    expect(await commands.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/one of/) });
  });
});

test("TH_MAX_BACKLOG refuses new work while the backlog is full", async ({ commands }) => {
  const env = { TH_MAX_BACKLOG: "1" };
  const input = '{"text":"One"}\n{"text":"Two"}\n';
  const request = ["request", "--from", "en", "--to", "fr"];
  expect(await commands.json([...request, "--file", "-"], { env, input, code: 1 })).toMatchObject({
    registered: 1,
    rejected: [{ line: 2, code: "TH_BACKLOG_FULL" }],
  });
  const ended = await commands.run([...request, "Two"], { env });
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/backlog is full/i) });
});

describe("forget", () => {
  test("removes a text of one project, and reports how many rows", async ({ commands }) => {
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

  test("removes the texts of a business id", async ({ commands }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr", "--business-id", "shop.pay"]);
    const ended = await commands.run(["forget", "--business-id", "shop.pay", "--yes"]);
    expect(ended).toMatchObject({ code: 0, stdout: "1 forgotten\n", stderr: "" });
  });

  test("removes the texts of every business id that begins with a prefix, once the dry run has counted them", async ({
    commands,
  }) => {
    const items = Array.from({ length: 250 }, (_, at) => ({ text: `Text ${at}`, businessId: `user.4711.${at}` }));
    const others = ["user.47110.1", "user_4711.1", "shop"].map((businessId) => ({ text: "Other", businessId }));
    const input = [...items, ...others, { text: "Text 0", businessId: "shop" }].map((item) => JSON.stringify(item));
    const request = ["request", "--file", "-", "--from", "en", "--to", "fr", "--project", "letters"];
    await commands.json(request, { input: input.join("\n") });
    const forget = ["forget", "--business-id-prefix", "user.4711.", "--project"];
    const counts = { forgotten: 249, stillUsed: 1 };
    expect(await commands.json([...forget, "letters", "--dry-run"])).toEqual({ ...counts, dryRun: true });
    expect(await commands.json([...forget, "default", "--yes"])).toEqual({ forgotten: 0, stillUsed: 0 });
    expect(await commands.json([...forget, "letters", "--yes"])).toEqual(counts);
    expect(await commands.run([...forget, "letters", "--dry-run"])).toMatchObject({
      code: 0,
      stdout: "0 would be forgotten\n",
    });
    const { translations } = await commands.json<StoreStatus>(["status"]);
    expect(translations).toMatchObject({ pending: 2 });
  });

  test("needs --yes where no terminal can ask, and exactly one name", async ({ commands }) => {
    for (const [args, message] of [
      [["forget", "Pay"], /--yes/],
      [["cancel"], /--yes/],
      [["forget", "--yes"], /--business-id/],
      [["forget", "Pay", "--business-id", "pay", "--yes"], /--business-id/],
      [["forget", "--business-id", "pay", "--business-id-prefix", "pay", "--yes"], /--business-id-prefix/],
      [["forget", "--business-id-prefix", "pay"], /--yes/],
      [["forget", "--business-id-prefix", "", "--yes"], /--business-id-prefix is empty/],
      [["forget", "--business-id-prefix", "", "--dry-run"], /--business-id-prefix is empty/],
      [["forget", "--business-id-prefix", "pay", "--context", "cart", "--yes"], /--context/],
      [["cancel", "--business-id-prefix", "", "--yes"], /--business-id-prefix is empty/],
    ] as const) {
      expect(await commands.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
    }
  });
});
