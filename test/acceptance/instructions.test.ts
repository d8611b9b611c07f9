/** A team's instructions for language models: from the setting to the model, and nowhere else. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Coordinator } from "@trans-hub/core";
import { openai } from "@trans-hub/engines";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished } from "vitest";

async function model() {
  const server = await startOpenaiServer();
  onTestFinished(server.close);
  return server;
}

/** The instructions of each call, with its target locale. */
function instructionsAt({ calls }: OpenaiServer): string[] {
  return calls
    .map(({ body }) => {
      const messages = body.messages as { content: string }[];
      const { target, instructions } = JSON.parse(messages.at(-1)?.content ?? "");
      return `${target}: ${instructions}`;
    })
    .sort();
}

test("the worker and translate send those of the file, and neither log nor error shows them", async ({ commands }) => {
  const server = await model();
  const file = join(commands.cwd, "instructions.json");
  const instructions = { all: "Wisdom zero.", locales: { de: "Wisdom one." }, projects: { shop: "Wisdom two." } };
  await writeFile(file, JSON.stringify(instructions));
  const env = {
    TH_ENGINES: "openai",
    TH_OPENAI_ENDPOINT: server.url,
    TH_INSTRUCTIONS_FILE: file,
    TH_LOG_LEVEL: "trace",
    TH_MAX_ATTEMPTS: "1",
  };
  await commands.json(["request", "Pay", "--from", "en", "--to", "de,fr", "--project", "shop"], { env });
  await writeFile(join(commands.cwd, "en.json"), '{"a":"Open"}');
  const worker = await commands.run(["worker", "--once", "--json"], { env });
  const files = ["en.json", "--from", "en", "--to", "de", "--out", "{locale}.json"];
  const translate = await commands.run(["translate", ...files, "--json"], { env });
  expect([worker.code, translate.code]).toEqual([0, 0]);
  expect(instructionsAt(server)).toEqual([
    "de: Wisdom zero.\nWisdom one.",
    "de: Wisdom zero.\nWisdom one.\nWisdom two.",
    "fr: Wisdom zero.\nWisdom two.",
  ]);

  // A refusal that repeats the whole question.
  server.misbehave({ kind: "status", status: 400, message: await readFile(file, "utf8") });
  await commands.json(["request", "Later", "--from", "en", "--to", "de"], { env });
  const refused = await commands.run(["worker", "--once"], { env });
  const letters = await commands.run(["dead-letters", "list", "--json"], { env });
  const doctor = await commands.run(["doctor", "--json"], { env });
  for (const { stdout, stderr } of [worker, translate, refused, letters, doctor]) {
    expect(stdout + stderr).not.toContain("Wisdom");
  }
  expect(letters.stdout).toContain("TH_ENGINE_REFUSED");
});

test("a bad setting stops every command, and its complaint repeats nothing", async ({ commands }) => {
  const env = { TH_INSTRUCTIONS: JSON.stringify({ locales: { de: `Wisdom ${"x".repeat(5_000)}` } }) };
  const ended = await commands.run(["worker", "--once"], { env });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain("TH_INSTRUCTIONS: must have at most 4,096 bytes for one call");
  expect(ended.stderr).not.toContain("Wisdom");
});

test("the library has them as an option", async ({ database }) => {
  const server = await model();
  const hub = await Coordinator.connect({
    databaseUrl: database.url,
    sourceLocale: "en",
    engines: [openai({ baseURL: server.url })],
    instructions: { locales: { de: "Say Sie." } },
  });
  onTestFinished(() => hub.close());
  await hub.request({ text: "Pay", targetLocales: ["de", "fr"] });
  for (const locale of ["de", "fr"]) for await (const _ of hub.processPendingTranslations(locale));
  expect(instructionsAt(server)).toEqual(["de: Say Sie.", "fr: undefined"]);
});
