/** Money: what a run costs is known before, booked exactly, and told after. */
import { join } from "node:path";
import { test } from "@trans-hub/test-support/catalog-repo";
import type { OpenaiServer } from "@trans-hub/test-support/openai-server";
import { value } from "@trans-hub/test-support/store";
import { expect } from "vitest";

const DAY_MS = 86_400_000;
const PRICE = { inputPerMillion: 0.15, cachedPerMillion: 0.075, outputPerMillion: 0.6 };

/** Settings with a file of prices. */
async function priced(
  { env, write }: { env: Record<string, string>; write(files: Record<string, object>): Promise<void> },
  cwd: string,
  price: Partial<typeof PRICE> = PRICE,
  asOf = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10),
) {
  await write({ "prices.json": { currency: "USD", asOf, engines: { openai: { "gpt-4o-mini": price } } } });
  return { ...env, TH_PRICES_FILE: join(cwd, "prices.json") };
}

/** The server's own bill, in 10^-12 of the currency's unit: its prices are written out, and nothing of ours adds it up. */
function billOf({ calls }: Pick<OpenaiServer, "calls">): bigint {
  return calls.reduce((sum, { usage }) => {
    if (usage === undefined) return sum;
    const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details } = usage;
    const cached = details.cached_tokens;
    return sum + BigInt(input - cached) * 150_000n + BigInt(cached) * 75_000n + BigInt(output) * 600_000n;
  }, 0n);
}

function units(amount: unknown): bigint {
  const [whole = "", fraction = ""] = String(amount).split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
}

const config = { source: "en", targets: ["fr", "de"], files: [{ in: "en.json", out: "{locale}.json" }] };
const catalog = Object.fromEntries(
  Array.from({ length: 300 }, (_, at) => [`key${at}`, `Order ${at} was sent to the address that you gave us.`]),
);

test("the ledger is the server's bill to the last unit, a second run costs nothing, and the accounts say for whom", async ({
  repo,
  server,
  commands,
}) => {
  await repo.write({ "trans-hub.config.json": config, "en.json": catalog });
  const env = await priced(repo, commands.cwd);
  await commands.json(["translate", "--tag", "checkout-team"], { env });
  expect(server.calls.length).toBeGreaterThan(0);
  expect(server.calls[0]?.body.max_completion_tokens).toBeGreaterThan(0);
  const usage = (...args: string[]) => commands.json(["usage", ...args], { env });
  const report = await usage("--by", "engine,locale,tag");
  expect(units(report.total)).toBe(billOf(server));
  expect(report.rows).toMatchObject([
    { engine: "openai", locale: "de", tag: "checkout-team", unpriced: 0, unconfirmed: "0", currency: "USD" },
    { engine: "openai", locale: "fr", tag: "checkout-team", unpriced: 0, unconfirmed: "0", currency: "USD" },
  ]);
  expect(await commands.json(["translate"], { env })).toMatchObject({ translated: 0 });
  expect(await usage()).toMatchObject({ total: report.total });
  expect(await usage("--project", "other")).toMatchObject({ rows: [], total: "0" });
  expect(await usage("--from", "2020-01-01", "--to", "2020-12-31")).toMatchObject({ rows: [], total: "0" });
  expect(await commands.json(["status"], { env })).toMatchObject({
    cost: { today: report.total, month: report.total, unconfirmed: "0", currency: "USD" },
  });
  const text = (await commands.run(["usage", "--by", "engine,tag"], { env })).stdout;
  expect(text).toContain(`total: ${report.total} USD`);
  expect(text).toContain("checkout-team");

  const why = ["why", String(catalog.key7), "--from", "en", "--to", "fr"];
  const { sections } = (await commands.json(why, { env })) as {
    sections: { kind: string; [field: string]: unknown }[];
  };
  const told = sections.find(({ kind }) => kind === "cost");
  const calls = server.calls.filter(({ body }) => {
    const { content = "" } = (body.messages as { content: string }[]).at(-1) ?? {};
    return JSON.parse(content).target === "fr";
  });
  expect(told).toMatchObject({ engine: "openai", calls: calls.length, items: 300, currency: "USD", unconfirmed: "0" });
  expect(units(told?.cost)).toBe(billOf({ calls }));
  expect(units(told?.average)).toBe(units(told?.cost) / 300n);
  expect((await commands.run(why, { env })).stdout).toContain(
    `cost: ${told?.average} USD on the average of the 300 texts`,
  );
});

test("an estimate is within 15 % of the bill of the same run, and a second one is 0", async ({
  repo,
  server,
  commands,
}) => {
  await repo.write({ "trans-hub.config.json": config, "en.json": catalog });
  // The server says that it served half of each prompt from its cache, which no estimate can know.
  const env = await priced(repo, commands.cwd, { ...PRICE, cachedPerMillion: 0.15 });
  const estimate = await commands.json(["translate", "--estimate"], { env });
  expect(estimate).toMatchObject({ currency: "USD", unpriced: [] });
  expect(server.calls).toEqual([]);
  await commands.json(["translate"], { env });
  expect(server.calls).toHaveLength(estimate.calls as number);
  const { total } = await commands.json(["usage"], { env });
  expect(Number(estimate.cost) / Number(total)).toBeGreaterThan(0.85);
  expect(Number(estimate.cost) / Number(total)).toBeLessThan(1.15);
  expect(await commands.json(["translate", "--estimate"], { env })).toMatchObject({ calls: 0, cost: "0" });
});

test("the backlog is estimated without a call or a write", async ({ repo, server, commands, db }) => {
  const env = await priced(repo, commands.cwd);
  const lines = Object.values(catalog).map((text) => JSON.stringify({ text }));
  await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr,de"], { env, input: lines.join("\n") });
  const content = () =>
    value<string>(
      db,
      `select md5(concat_ws(';',
        (select string_agg(t::text, ',' order by t::text) from trans_hub.translation as t),
        (select string_agg(b::text, ',' order by b::text) from trans_hub.batch as b),
        (select string_agg(s::text, ',' order by s::text) from trans_hub.source as s),
        (select count(*) from trans_hub.usage), (select count(*) from trans_hub.inbox),
        (select count(*) from graphile_worker._private_jobs)))`,
    );
  const before = await content();
  const estimate = await commands.json(["estimate"], { env });
  expect(estimate).toMatchObject({ texts: 600, calls: 12, currency: "USD" });
  expect(await commands.json(["estimate", "--to", "fr"], { env })).toMatchObject({ texts: 300, calls: 6 });
  expect(await content()).toBe(before);
  expect(server.calls).toEqual([]);
  const refused = await commands.run(["estimate", "--max-cost", "0.000001"], { env });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/about 0\.\d+ USD, and --max-cost allows/) });
  await commands.run(["worker", "--until-empty"], { env });
  expect(server.calls).toHaveLength(12);
  expect(await commands.json(["estimate"], { env })).toMatchObject({ texts: 0, calls: 0, cost: "0" });
});

test("--max-cost refuses a run above it, and one of unknown cost, before anything is sent or registered", async ({
  repo,
  server,
  commands,
  db,
}) => {
  await repo.write({ "trans-hub.config.json": config, "en.json": catalog });
  const env = await priced(repo, commands.cwd);
  const refused = await commands.json(["translate", "--max-cost", "0.0001"], { env, code: 1 });
  expect(refused).toMatchObject({
    error: { code: "TH_COST_LIMIT", message: expect.stringMatching(/^The texts would cost about 0\.\d+ USD/) },
  });
  expect(await commands.json(["translate", "--max-cost", "1"], { env: repo.env, code: 1 })).toMatchObject({
    error: { message: "The cost is not known: openai has no price. Nothing was sent" },
  });
  expect(server.calls).toEqual([]);
  expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(0);
  expect(await commands.json(["translate", "--max-cost", "1"], { env })).toMatchObject({ translated: 600 });
});

test("prompts of many times the size of their texts are refused with the culprit, until they are allowed", async ({
  repo,
  server,
  commands,
}) => {
  const few = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${at}`, `Pay ${at} now`]));
  await repo.write({ "trans-hub.config.json": config, "en.json": few });
  const env = { ...repo.env, TH_INSTRUCTIONS: "Say Sie. ".repeat(440), TH_BATCH_SIZE: "1" };
  const { error } = (await commands.json(["translate"], { env, code: 1 })) as { error: Record<string, string> };
  expect(error).toMatchObject({ code: "TH_COST_LIMIT", message: expect.stringMatching(/times those of their texts/) });
  expect(error.hint).toMatch(/TH_BATCH_SIZE|TH_INSTRUCTIONS/);
  expect(server.calls).toEqual([]);
  expect(await commands.json(["translate", "--large-prompts", "--to", "fr"], { env })).toMatchObject({ failed: 0 });
});

test("a call that timed out is booked as unconfirmed, and never as nothing", async ({ repo, server, commands }) => {
  const env = { ...(await priced(repo, commands.cwd)), TH_ENGINE_TIMEOUT_SECONDS: "1", TH_MAX_ATTEMPTS: "1" };
  server.misbehave({ fault: { kind: "hang" }, times: 1 });
  await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env });
  await commands.run(["worker", "--until-empty"], { env });
  const { rows } = (await commands.json(["usage"], { env })) as { rows: { cost: string; unconfirmed: string }[] };
  expect(rows).toHaveLength(1);
  expect(Number(rows[0]?.unconfirmed)).toBeGreaterThan(0);
  expect(units(rows[0]?.cost)).toBe(billOf(server));
});

test("prices that are old give a warning with their date, and wrong ones one error with the file", async ({
  repo,
  commands,
}) => {
  const old = await priced(repo, commands.cwd, PRICE, "2020-02-29");
  const told = await commands.run(["usage"], { env: old });
  expect(told.stderr).toContain("TH_PRICES_FILE: The prices are of 2020-02-29");
  const wrong = await priced(repo, commands.cwd, { inputPerMillion: 1 });
  const { code, stderr } = await commands.run(["usage"], { env: wrong });
  expect(code).toBe(2);
  expect(stderr).toContain("prices.json: engines.openai.gpt-4o-mini must have inputPerMillion and outputPerMillion");
});

test("groups and days that do not exist are refused by name", async ({ commands }) => {
  expect((await commands.run(["usage", "--by", "engin"])).stderr).toContain('Did you mean "engine"?');
  expect(await commands.run(["usage", "--from", "yesterday"])).toMatchObject({ code: 2 });
});
