/** The translation memory through the command line: from approvals and files to the messages of a language model. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished } from "vitest";

const TMX = `<?xml version="1.0"?>
<tmx version="1.4"><header srclang="en-US" datatype="plaintext"/><body>
<tu><note>checked</note><tuv xml:lang="en-US"><seg>Remove <ph x="1">{name}</ph> from the team</seg></tuv>
<tuv xml:lang="fr-FR" changeid="Ann"><seg>Retirer <ph x="1">{name}</ph> de l'équipe</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Empty</seg></tuv><tuv xml:lang="fr-FR"><seg/></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Odd</seg></tuv><tuv xml:lang="nonsense!"><seg>Étrange</seg></tuv></tu>
</body></tmx>`;

interface Found {
  items: { source: string; target: string; score: number; origin: string }[];
}

async function model() {
  const server = await startOpenaiServer();
  onTestFinished(server.close);
  return { server, env: { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url } };
}

function referencesAt({ calls }: OpenaiServer): unknown[] {
  return calls.map(({ body }) => {
    const messages = body.messages as { content: string }[];
    return JSON.parse(messages.at(-1)?.content ?? "").references;
  });
}

test("a memory is imported, searched and exported, and what is left out is named", async ({ commands }) => {
  await writeFile(join(commands.cwd, "old.tmx"), TMX);
  const imported = await commands.json(["memory", "import", "old.tmx", "--from", "en"]);
  expect(imported).toEqual({
    imported: 1,
    existing: 0,
    skipped: [
      { line: 5, locale: "fr-FR", code: null, message: "the translation is empty" },
      { line: 6, locale: "nonsense!", code: "TH_LOCALE", message: expect.any(String) },
    ],
    skippedCount: 2,
    lost: [{ what: "note", count: 1 }],
  });
  expect(await commands.json(["memory", "import", "old.tmx", "--from", "en"])).toMatchObject({
    imported: 0,
    existing: 1,
  });
  const { items } = await commands.json<Found>([
    "memory",
    "search",
    "Remove {name} from a team",
    "--from",
    "en",
    "--to",
    "fr",
  ]);
  expect(items).toMatchObject([
    { source: "Remove {name} from the team", target: "Retirer {name} de l'équipe", origin: "tmx" },
  ]);
  expect(items[0]?.score).toBeGreaterThan(0.7);
  const none = await commands.json(["memory", "search", "Remove {name} from a team", "--from", "en", "--to", "de"]);
  expect(none).toEqual({ items: [] });

  expect(await commands.json(["memory", "export", "--out", "one.tmx"])).toEqual({ exported: 1, skipped: [] });
  await commands.json(["memory", "import", "one.tmx", "--project", "copy"]);
  await commands.json(["memory", "export", "--out", "two.tmx", "--project", "copy"]);
  const [one, two] = await Promise.all(
    ["one.tmx", "two.tmx"].map((file) => readFile(join(commands.cwd, file), "utf8")),
  );
  expect(one).toBe(two);
  expect(one).toContain('<seg>Retirer <ph x="1">{name}</ph> de l\'équipe</seg>');
  expect((await commands.run(["memory", "export"])).stdout).toBe(one);
  const missing = await commands.run(["memory", "import", "none.tmx", "--json"]);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: "TH_CATALOG" } });
});

test("a language model gets the approved pairs of similar texts, and another project does not", async ({
  commands,
}) => {
  const { server, env } = await model();
  const to = ["--from", "en", "--to", "fr"];
  await commands.json(["request", "Remove {name} from the team", ...to], { env });
  await commands.json(["worker", "--once"], { env });
  expect(referencesAt(server)).toEqual([undefined]);
  await commands.json(["approve", "Remove {name} from the team", ...to, "--text", "Retirer {name} de l'équipe"]);
  await commands.json(["request", "Remove {name} from this team", ...to], { env });
  await commands.json(["request", "Remove {name} from your team", ...to, "--project", "other"], { env });
  await commands.json(["request", "Remove {title} from this team", ...to], { env });
  await commands.json(["worker", "--once"], { env });
  const pair = { source: "Remove {name} from the team", target: "Retirer {name} de l'équipe" };
  expect(referencesAt(server).slice(1).filter(Boolean)).toEqual([[pair]]);
});

test("an approved text is reused in other contexts and projects only where it is asked for", async ({ commands }) => {
  const { server, env } = await model();
  const to = ["--from", "en", "--to", "fr"];
  await commands.json(["request", "Pay now", ...to], { env });
  await commands.json(["approve", "Pay now", ...to, "--text", "Payer maintenant"]);
  const reusing = { ...env, TH_MEMORY_REUSE: "approved" };
  await commands.json(["request", "Pay now", ...to, "--project", "other"], { env });
  expect(await commands.json(["worker", "--once"], { env: reusing })).toMatchObject({ translated: 1 });
  expect(server.calls).toEqual([]);
  expect(await commands.json(["get", "Pay now", ...to, "--project", "other"])).toMatchObject({
    ...{ status: "translated", text: "Payer maintenant", engine: "memory", flags: ["reused"] },
  });
  await commands.json(["request", "Pay now", ...to, "--project", "third"], { env });
  await commands.json(["worker", "--once"], { env });
  expect(server.calls).toHaveLength(1);
});
