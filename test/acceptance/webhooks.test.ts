/** Webhooks as an operator and a receiver see them: real servers, a real worker, the routes and the commands. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, type Running, testOnDatabase as test } from "@trans-hub/test-support/command";
import { hang, refuse, take, WebhookReceiver } from "@trans-hub/test-support/webhook-receiver";
import { describe, expect, onTestFinished } from "vitest";

const KEY = "a-key-of-more-than-thirty-two-characters";
const ENV = { TH_WEBHOOK_KEY_FILE: "webhook.key", TH_WEBHOOK_ALLOW: "127.0.0.1", TH_LOG_FORMAT: "json" };
const PATIENCE = { timeout: 60_000, interval: 50 };

async function receive(): Promise<WebhookReceiver> {
  const receiver = await WebhookReceiver.start();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** Starts a server, and gives a function that calls its routes of a project. */
async function serve(commands: Commands, args: readonly string[] = [], env: Record<string, string> = {}) {
  await writeFile(join(commands.cwd, "webhook.key"), `${KEY}\n`);
  const server: Running = commands.start(["serve", "--port", "0", ...args], { env: { ...ENV, ...env } });
  await server.says('"server.listening"');
  const port = Number(/"port":(\d+)/.exec(server.stdout + server.stderr)?.[1]);
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/projects/default${path}`, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { server, ask };
}

/** Registers texts and translates them, each in a settlement of its own. */
async function translate(commands: Commands, from: number, count: number): Promise<void> {
  const input = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ text: `The text with the number ${from + at}` }),
  );
  await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr,de"], { input: input.join("\n") });
  await commands.json(["worker", "--until-empty"], { env: { TH_BATCH_SIZE: "1" } });
}

const idsOf = ({ taken }: WebhookReceiver) =>
  taken.flatMap(({ data }) => (data.ids ?? []).map((id) => `${data.locale} ${id}`));

describe("over HTTP, a webhook", () => {
  test("is made, told of changes, rotated, told again, and removed", async ({ commands }) => {
    const receiver = await receive();
    const { ask, server } = await serve(commands);
    const made = await ask("POST", "/webhooks", { url: receiver.url, targetLocales: ["fr"] });
    expect(made).toMatchObject({
      status: 201,
      body: { state: "ok", targetLocales: ["fr"], secret: expect.stringMatching(/^whsec_/) },
    });
    const { id, secret, cursor } = made.body;
    receiver.secrets.add(secret);
    expect((await ask("GET", "/webhooks")).body).toMatchObject({ webhooks: [{ id, url: receiver.url }] });
    expect((await ask("GET", `/webhooks/${id}`)).body).not.toHaveProperty("secret");

    await translate(commands, 0, 3);
    await expect.poll(() => idsOf(receiver).length, PATIENCE).toBe(3);
    expect(receiver.taken.every(({ isVerified, data }) => isVerified && data.locale === "fr")).toBe(true);

    const rotated = await ask("POST", `/webhooks/${id}:rotate`, {});
    expect(rotated.body).toMatchObject({ secretVersion: 2, secret: expect.not.stringContaining(secret) });
    const before = receiver.tries.length;
    expect(await ask("POST", `/webhooks/${id}:test`)).toEqual({
      status: 200,
      body: { delivered: true, status: 204, problem: null },
    });
    expect(receiver.tries[before]).toMatchObject({ type: "webhook.test", isVerified: true });
    receiver.secrets.clear();
    receiver.secrets.add(rotated.body.secret);

    expect((await ask("POST", `/webhooks/${id}:redeliver`, { after: cursor })).body).toMatchObject({ id, cursor });
    await expect.poll(() => idsOf(receiver).length, PATIENCE).toBe(6);
    expect(receiver.taken.at(-1)?.isVerified).toBe(true);
    expect(await ask("POST", `/webhooks/${id}:redeliver`, { after: "e0.1" })).toMatchObject({
      status: 410,
      body: { code: "TH_CURSOR_GONE" },
    });

    receiver.manner = refuse(503);
    expect((await ask("POST", `/webhooks/${id}:test`)).body).toEqual({
      delivered: false,
      status: 503,
      problem: "status",
    });
    expect((await ask("PATCH", `/webhooks/${id}`, { disabled: true })).body).toMatchObject({
      state: "disabled",
      disabledBecause: "person",
    });
    expect((await ask("DELETE", `/webhooks/${id}`)).status).toBe(204);
    expect((await ask("GET", `/webhooks/${id}`)).body).toMatchObject({ code: "TH_WEBHOOK_NOT_FOUND" });
    const said = server.stdout + server.stderr;
    for (const hidden of [receiver.url, secret, KEY, "The text"]) expect(said).not.toContain(hidden);
  });

  test("is refused an address that is not public, in words that say why", async ({ commands }) => {
    const { ask } = await serve(commands, [], { TH_WEBHOOK_ALLOW: "" });
    for (const url of [
      "https://169.254.169.254/latest/",
      "http://example.com/",
      "https://localhost/",
      "https://2130706433/",
    ]) {
      const refused = await ask("POST", "/webhooks", { url });
      expect(refused).toMatchObject({
        status: 400,
        body: { code: "TH_HTTP_REQUEST", field: "url", hint: expect.stringMatching(/^It.*\.$/) },
      });
    }
    expect((await ask("GET", "/webhooks")).body).toEqual({ webhooks: [] });
    expect(await ask("POST", "/webhooks", { url: "https://example.com/", kinds: ["made"] })).toMatchObject({
      status: 400,
      body: { field: "kinds[0]" },
    });
  });

  test("is refused where the server has no key", async ({ commands }) => {
    const { ask, server } = await serve(commands, [], { TH_WEBHOOK_KEY_FILE: "" });
    await server.says("webhooks.off");
    expect(await ask("POST", "/webhooks", { url: "https://example.com/" })).toMatchObject({
      status: 503,
      body: { code: "TH_WEBHOOKS_OFF", hint: expect.stringContaining("TH_WEBHOOK_KEY_FILE") },
    });
  });
});

test("a server that is killed with kill -9 loses nothing: another one repeats at most the message under way", async ({
  commands,
  db,
}) => {
  const receiver = await receive();
  const first = await serve(commands);
  const made = await first.ask("POST", "/webhooks", { url: receiver.url });
  receiver.secrets.add(made.body.secret);
  // The first servers die while a message is under way.
  for (let round = 0; round < 3; round += 1) {
    receiver.manner = hang;
    const tries = receiver.tries.length;
    const { server } = round === 0 ? first : await serve(commands);
    await translate(commands, round * 5, 5);
    await expect.poll(() => receiver.tries.length, PATIENCE).toBeGreaterThan(tries);
    server.kill("SIGKILL");
    await server.ended();
    // Otherwise the lease of the dead one ends after a minute.
    await db.query("update trans_hub.webhook set lease_until = now() where lease is not null");
  }
  receiver.manner = take;
  const last = await serve(commands);
  const both = await serve(commands);
  await expect.poll(() => new Set(idsOf(receiver)).size, PATIENCE).toBe(30);
  // Each message arrived once after the deaths, in its order, and those that were under way with their old ids.
  expect(idsOf(receiver)).toHaveLength(30);
  const positions = receiver.tries.map(({ data: { cursor = "" } }) =>
    Number(cursor.slice(cursor.lastIndexOf(".") + 1)),
  );
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  expect(receiver.tries.every(({ isVerified }) => isVerified)).toBe(true);
  const [underWay] = receiver.tries;
  expect(receiver.taken[0]?.id).toBe(underWay?.id);
  for (const { server } of [last, both]) {
    server.kill("SIGTERM");
    expect(await server.ended()).toMatchObject({ code: 0 });
  }
});

test("the command makes, lists, tests, rotates, disables, enables and removes webhooks", async ({ commands }) => {
  const receiver = await receive();
  await writeFile(join(commands.cwd, "webhook.key"), KEY);
  const json = (...args: string[]) => commands.json<Record<string, string>>(["webhooks", ...args], { env: ENV });
  const { id = "", secret = "" } = await json(
    "create",
    "--url",
    receiver.url,
    "--locales",
    "fr",
    "--kinds",
    "translated,approved",
    "--by",
    "mia",
  );
  receiver.secrets.add(secret);
  expect(await json("list")).toMatchObject({
    webhooks: [
      { id, url: receiver.url, targetLocales: ["fr"], kinds: ["translated", "approved"], by: "mia", state: "ok" },
    ],
  });
  expect(await json("secret", id)).toEqual({ secret });
  expect(await json("test", id)).toEqual({ delivered: true, status: 204, problem: null });
  expect(receiver.taken).toMatchObject([{ type: "webhook.test", isVerified: true }]);
  const rotated = await json("rotate", id, "--overlap-hours", "0");
  expect(rotated.secret).not.toBe(secret);
  expect(await json("secret", id)).toEqual({ secret: rotated.secret });
  expect(await json("disable", id)).toMatchObject({ webhook: { state: "disabled", disabledBecause: "person" } });
  expect(await json("enable", id)).toMatchObject({ webhook: { state: "ok" } });
  const listed = await commands.run(["webhooks", "list"], { env: ENV });
  expect(listed.stdout).toContain(id);
  expect(await json("remove", id)).toEqual({ removed: true });

  const failing = [
    [["remove", id], "TH_WEBHOOK_NOT_FOUND", 1],
    [["create", "--url", "https://10.0.0.1/"], "TH_SETTINGS", 2],
    [["create"], "TH_USAGE", 2],
    [["create", "--url", "https://example.com/", "--kinds", "made"], "TH_USAGE", 2],
  ] as const;
  for (const [args, code, exit] of failing) {
    const ended = await commands.run(["webhooks", ...args, "--json"], { env: ENV });
    expect({ ...JSON.parse(ended.stdout).error, exit: ended.code }, ended.stderr).toMatchObject({ code, exit });
  }
  const keyless = await commands.run(["webhooks", "create", "--url", "https://example.com/", "--json"]);
  expect(JSON.parse(keyless.stdout).error.code).toBe("TH_WEBHOOKS_OFF");
});

test("a key that is too short, and a bad list of addresses, stop the server and are named", async ({ commands }) => {
  const short = await commands.run(["serve", "--port", "0"], { env: { TH_WEBHOOK_KEY: "short" } });
  expect(short.code).toBe(2);
  expect(short.stderr).toContain("TH_WEBHOOK_KEY");
  const list = await commands.run(["serve", "--port", "0"], { env: { TH_WEBHOOK_ALLOW: "10.0.0.0/99" } });
  expect(list.code).toBe(2);
  expect(list.stderr).toContain("TH_WEBHOOK_ALLOW");
});
