/** `translate` on documents without keys: a block that comes, goes, moves or changes touches nothing else. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const ARGS = ["translate", "en.md", "--from", "en", "--to", "fr", "--out", "{locale}.md"];

function translating(commands: Commands) {
  const path = (file: string) => join(commands.cwd, file);
  return {
    translate: () => commands.json(ARGS, { env: { TH_ENGINES: "pseudo" } }),
    check: () => commands.json([...ARGS, "--check"]),
    source: (text: string) => writeFile(path("en.md"), text),
    target: () => readFile(path("fr.md"), "utf8"),
    edit: async (edit: (text: string) => string) => {
      const before = await readFile(path("fr.md"), "utf8");
      expect(edit(before)).not.toBe(before);
      await writeFile(path("fr.md"), edit(before));
    },
  };
}

/** A document of about 200 blocks. */
const BLOCKS = Array.from({ length: 200 }, (_, at) => {
  if (at % 20 === 0) return `## Section number ${at}`;
  if (at % 20 === 7) return `\`\`\`sh\nrun --step ${at}\n\`\`\``;
  return `Paragraph number ${at} says *something* of its own.`;
});
const text = (blocks: readonly string[]) => `---\ntitle: Guide\n---\n\n${blocks.join("\n\n")}\n`;

testOnDatabase("a paragraph atop 200 blocks sends one text and changes one block", async ({ commands }) => {
  const { translate, check, source, target, edit } = translating(commands);
  await source(text(BLOCKS));
  expect(await translate()).toMatchObject({ failed: 0, translated: 191, copied: 10, written: ["fr.md"] });
  const first = await target();
  expect(first).toContain("```sh\nrun --step 7\n```");
  expect(first.split("\n")[1]).toMatch(/^title: .*·\]"?$/);
  expect(await translate()).toMatchObject({ translated: 0, written: [], unknown: 0 });
  expect(await check()).toMatchObject({ ok: true, problems: [] });

  const byHand = "Le dixième paragraphe, de main d'homme.";
  const blocks = first.split("\n\n");
  await edit((before) => before.replace(blocks[11] ?? "", byHand));
  const [heading = "", ...others] = BLOCKS;
  await source(text(["A new paragraph atop.", heading, ...others]));
  expect(await translate()).toMatchObject({ failed: 0, translated: 1, reused: 0, written: ["fr.md"] });
  const second = (await target()).split("\n\n");
  expect(second.length).toBe(blocks.length + 1);
  expect(second[1]).toMatch(/^\[.*·\]$/);
  expect([second[0], ...second.slice(2)]).toEqual(blocks.map((block, at) => (at === 11 ? byHand : block)));
  expect(await translate()).toMatchObject({ translated: 0, written: [], unknown: 0 });
  expect(await check()).toMatchObject({ ok: true, problems: [] });
});

testOnDatabase("a block that goes or moves takes its translation along, also a person's", async ({ commands }) => {
  const { translate, check, source, target, edit } = translating(commands);
  const [a, b, c, d] = ["Alpha comes first.", "Beta comes next.", "Gamma is the third.", "Delta is the last."] as const;
  await source(`${[a, b, c, d].join("\n\n")}\n`);
  await translate();
  const [alpha, beta, , delta] = (await target()).trimEnd().split("\n\n") as [string, string, string, string];
  await edit((before) => before.replace(beta, "Bêta, de main d'homme."));
  await source(`${[d, b, a].join("\n\n")}\n`);
  expect(await translate()).toMatchObject({ translated: 0, written: ["fr.md"] });
  expect(await target()).toBe(`${[delta, "Bêta, de main d'homme.", alpha].join("\n\n")}\n`);
  expect(await translate()).toMatchObject({ translated: 0, written: [] });
  expect(await check()).toMatchObject({ ok: true, problems: [] });
});

testOnDatabase("a person's block stands where its source changed, and is named", async ({ commands }) => {
  const { translate, check, source, target, edit } = translating(commands);
  const before = ["# Title", "One is a text.", "Two is a text.", "- first item\n- second item"];
  await source(`${before.join("\n\n")}\n`);
  await translate();
  const [, one = "", two = ""] = (await target()).split("\n\n");
  await edit((all) =>
    all.replace(one, "Un, de main d'homme.").replace(/- \[.*\n(- .*)\n/, "- premier, de main d'homme\n$1\n"),
  );
  const after = [
    "# Title",
    "One is a text that changed.",
    "Two is a text that changed.",
    "- first item\n- item between\n- second item",
  ];
  await source(`${after.join("\n\n")}\n`);
  expect(await translate()).toMatchObject({ translated: 2, failed: 0, written: ["fr.md"] });
  const last = await target();
  expect(last).toContain("\n\nUn, de main d'homme.\n\n");
  expect(last).not.toContain(two);
  expect(last).toMatch(/\n- premier, de main d'homme\n- \[.*·\]\n- \[.*·\]\n$/);
  expect(last.split("\n\n").length).toBe(4);
  expect(await translate()).toMatchObject({ translated: 0, written: [] });
  expect(await check()).toMatchObject({ ok: true, problems: [{ kind: "stale", severity: "warning" }] });
});

testOnDatabase("a target without a lock is paired by its order, and is of unknown age", async ({ commands }) => {
  const { translate, source, target, edit } = translating(commands);
  await source("# Title\n\nOne.\n\n```\ncode\n```\n\nTwo.\n");
  const french = "Titre\n=====\n\nUn.\n\n```\ncode\n```\n\nDeux.\n\nNote du traducteur.\n";
  await writeFile(join(commands.cwd, "fr.md"), french.replace("Titre\n=====", "# Titre"));
  expect(await translate()).toMatchObject({ translated: 0, written: [], unknown: 3 });
  await commands.run([...ARGS.slice(0, 0), "lock", "adopt", ...ARGS.slice(1)]);
  await source("# Title\n\nOne.\n\nOne and a half.\n\n```\ncode --new\n```\n\nTwo.\n");
  expect(await translate()).toMatchObject({ translated: 1, written: ["fr.md"] });
  expect(await target()).toMatch(
    /^# Titre\n\nUn\.\n\n\[.*·\]\n\n```\ncode --new\n```\n\nDeux\.\n\nNote du traducteur\.\n$/,
  );
  await edit((all) => all.replace("--new", "--new # pour la France"));
  expect(await translate()).toMatchObject({ translated: 0, written: [] });
});

testOnDatabase(
  "rows, nested items and code in a list follow the source, with the values of the target",
  async ({ commands }) => {
    const { translate, check, source, target, edit } = translating(commands);
    const list = "1. First step:\n\n   ```sh\n   run --old\n   ```\n\n2. Second step\n   - inner item\n";
    const table = "| Name | Use |\n|------|-----|\n| Box | ships |\n";
    await source(`${list}\n${table}`);
    await translate();
    await edit((all) => all.replace(/- \[.*/, "- point, de main d'homme").replace(/\| \[Ɓ[^|]*/, "| Carton "));
    const more = list.replace("--old", "--new").replace("   - inner", "   - another item\n   - inner");
    await source(`${more}\n${table}| Bag | carries |\n`);
    expect(await translate()).toMatchObject({ failed: 0, translated: 3, written: ["fr.md"] });
    const shape = (await target()).replace(/\[[^\]]*·\]/g, "*");
    expect(shape).toBe(
      "1. *\n\n   ```sh\n   run --new\n   ```\n\n2. *\n   - *\n   - point, de main d'homme\n\n" +
        "| * | * |\n|------|-----|\n| Carton | * |\n| * | * |\n",
    );
    expect(await translate()).toMatchObject({ translated: 0, written: [] });
    expect(await check()).toMatchObject({ ok: true, problems: [] });
  },
);
