/** A project's glossary and style: from the command line to the model, and back to what an edit makes stale. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished } from "vitest";

test("terms of a CSV file and a style reach the model; an edit lists what is stale, and has it made anew", async ({
  commands,
}) => {
  const server = await startOpenaiServer();
  onTestFinished(server.close);
  const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
  const csv = 'en,fr,kind,case,note\nboard|boards,plateau,,,"of a game, not of wood"\nTrans-Hub,,keep,exact,\n';
  await writeFile(join(commands.cwd, "terms.csv"), csv);
  const imported = await commands.json(["glossary", "import", "terms.csv", "--by", "mia"]);
  expect(imported).toEqual({ revision: 1, added: 2, changed: 0, removed: 0 });
  await commands.json(["style", "set", "--to", "fr", "--formality", "more", "--instructions", "Short."]);
  await commands.json(["request", "Open the board of Trans-Hub", "--to", "fr"]);
  await commands.json(["request", "Pay", "--to", "fr"]);
  expect((await commands.run(["worker", "--once"], { env })).code).toBe(0);
  const messages = server.calls[0]?.body.messages as { content: string }[];
  const { terms, formality, instructions } = JSON.parse(messages.at(-1)?.content ?? "");
  expect({ terms, formality, instructions }).toEqual({
    terms: [
      { term: "Trans-Hub", as: "Trans-Hub", kind: "keep" },
      { term: "board", as: "plateau", kind: "translate", note: "of a game, not of wood" },
    ],
    formality: "more",
    instructions: "Short.",
  });

  expect(await commands.json(["glossary", "stale", "--to", "fr"])).toEqual({ items: [], nextCursor: null });
  await commands.json(["glossary", "set", "board", "--to", "fr", "--as", "tableau", "--by", "mia"]);
  const stale = await commands.json(["glossary", "stale", "--to", "fr"]);
  expect(stale).toMatchObject({
    items: [{ term: "board", translation: { sourceText: "Open the board of Trans-Hub" } }],
  });
  const again = await commands.json(["glossary", "stale", "--to", "fr", "--retranslate"]);
  expect(again).toEqual({ requested: 1, approved: 0 });
  expect((await commands.run(["worker", "--once"], { env })).code).toBe(0);
  expect(await commands.json(["glossary", "stale", "--to", "fr"])).toMatchObject({ items: [] });

  const exported = await commands.run(["glossary", "export"]);
  await writeFile(join(commands.cwd, "again.csv"), exported.stdout);
  expect(await readFile(join(commands.cwd, "again.csv"), "utf8")).toContain("board|boards,tableau,translate,any");
  expect(await commands.json(["glossary", "import", "again.csv", "--replace"])).toMatchObject({
    added: 0,
    changed: 0,
    removed: 0,
  });
  const listed = await commands.json(["glossary", "list", "--to", "fr"]);
  expect(listed).toMatchObject({
    terms: [
      { term: "Trans-Hub", kind: "keep" },
      { term: "board", by: "mia" },
    ],
  });
  expect(await commands.json(["glossary", "remove", "board"])).toMatchObject({ removed: 1 });
  expect((await commands.run(["glossary", "set", "board", "--to", "fr", "--as", "x", "--revision", "1"])).code).toBe(1);
});
