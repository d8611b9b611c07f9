/** Hints from files to the model: beside the text, and no part of its identity. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished } from "vitest";

async function model() {
  const server = await startOpenaiServer();
  onTestFinished(server.close);
  return { server, env: { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_LOG_LEVEL: "trace" } };
}

interface Asked {
  text: string;
  context?: unknown;
  note?: unknown;
  maxLength?: unknown;
  hint?: unknown;
}

/** Every item that the model was asked for, in order. */
function askedAt({ calls }: OpenaiServer): Asked[] {
  return calls.flatMap(({ body }) => {
    const messages = body.messages as { content: string }[];
    return (JSON.parse(messages.at(-1)?.content ?? "") as { items: Asked[] }).items;
  });
}

/** What the model was told beside each text. */
const told = (asked: Asked[]) =>
  Object.fromEntries(
    asked.map(({ text, context, note, maxLength, hint }) => [text, { context, note, maxLength, hint }]),
  );

test("translate sends notes, keys and lengths, and a reworded note sends nothing", async ({ commands }) => {
  const { server, env } = await model();
  const write = (note: string) =>
    writeFile(
      join(commands.cwd, "messages.po"),
      `msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n#. ${note}\nmsgctxt "verb"\nmsgid "Open"\nmsgstr ""\n`,
    );
  await write("A button of the cart");
  await writeFile(join(commands.cwd, "en.json"), '{"cart":{"pay":"Pay now","7":"24/7"}}');
  const run = async (...more: string[]) => {
    const po = ["translate", "messages.po", "--from", "en", "--to", "fr", "--out", "fr.po", "--json"];
    const json = ["translate", "en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json", "--json"];
    for (const args of [po, json]) {
      const { code, stderr } = await commands.run([...args, ...more], { env });
      expect(code, stderr).toBe(0);
      expect(stderr).not.toMatch(/A (button|link) of the cart/);
    }
  };
  await run();
  expect(told(askedAt(server))).toEqual({
    Open: { context: { msgctxt: "verb" }, note: "A button of the cart" },
    "Pay now": { hint: { key: "cart.pay" } },
  });
  expect(await readFile(join(commands.cwd, "fr.po"), "utf8")).toContain('msgstr "[fr] Open"');
  const asked = server.calls.length;
  await write("A link of the cart");
  await run();
  expect(server.calls).toHaveLength(asked);
  await run("--force");
  expect(server.calls).toHaveLength(asked);
  const name = ["Open", "--context", '{"msgctxt":"verb"}', "--from", "en", "--to", "fr"];
  expect(await commands.json(["request", ...name, "--force"], { env })).toMatchObject({ registered: 1 });
  await commands.run(["worker", "--once"], { env });
  expect(askedAt(server).at(-1)).toMatchObject({ text: "Open", note: "A link of the cart" });
});

test("request takes hints in its lines, and names a bad one without its words", async ({ commands }) => {
  const { server, env } = await model();
  const lines = [
    { text: "Pay", hint: { note: "A button", maxLength: 12 } },
    { text: "Open", hint: { note: ["Robinson"] } },
    { text: "Close", hint: null },
  ];
  await writeFile(join(commands.cwd, "items.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const args = ["request", "--file", "items.jsonl", "--from", "en", "--to", "fr", "--json"];
  const { code, stdout, stderr } = await commands.run(args, { env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ registered: 2, rejected: [{ line: 2, code: "TH_ITEM_SHAPE" }] });
  expect(stdout + stderr).not.toContain("Robinson");
  await commands.run(["worker", "--once"], { env });
  expect(told(askedAt(server))).toEqual({
    Pay: { note: "A button", maxLength: 12 },
    Close: {},
  });
});
