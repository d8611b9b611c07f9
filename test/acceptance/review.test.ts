/** `trans-hub review`: a person lists translations, decides about them, and takes decisions back. */
import type { HistoryEntry, ListedTranslation, Translation } from "@trans-hub/core";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

interface Listed {
  items: ListedTranslation[];
  nextCursor: string | null;
  lookedAt: number;
}

const TO = ["--to", "fr"];

/** Registers and translates texts with the ids shop.1, shop.2, …; gives them as they are listed. */
async function translated(commands: Commands, texts: readonly string[]): Promise<ListedTranslation[]> {
  const input = texts.map((text, at) => JSON.stringify({ text, businessId: `shop.${at + 1}` })).join("\n");
  await commands.json(["request", "--file", "-", "--from", "en", ...TO], { input });
  await commands.json(["worker", "--once"]);
  return (await commands.json<Listed>(["review", "list", ...TO])).items;
}

async function history(commands: Commands, id: string | null): Promise<HistoryEntry[]> {
  return (await commands.json<{ items: HistoryEntry[] }>(["review", "history", String(id), ...TO])).items;
}

describe("a reviewer", () => {
  test("approves, puts a text right, rejects, reopens and undoes, and the history has it all", async ({ commands }) => {
    const [pay, back] = await translated(commands, ["Pay", "Back"]);
    const [id, other] = [String(pay?.id), String(back?.id)];
    expect(pay).toMatchObject({ status: "translated", sourceText: "Pay", businessIds: ["shop.1"] });
    const revision = ["--revision", String(pay?.revision)];

    const edited = ["review", "approve", id, ...TO, ...revision, "--text", "Payer", "--by", "Ana", "--note", "verb"];
    expect(await commands.json<Translation>(edited)).toMatchObject({
      id,
      status: "approved",
      text: "Payer",
      engine: "human",
      revision: Number(pay?.revision) + 1,
      warnings: [],
    });
    expect(await commands.json(edited, { code: 1 })).toMatchObject({ error: { code: "TH_REVISION_CHANGED" } });
    expect(await commands.json(["review", "undo", id, ...TO, "--by", "Ana"])).toMatchObject({
      status: "translated",
      text: pay?.text,
      engine: "pseudo",
    });
    const rejected = ["review", "reject", other, ...TO, "--note", "this is a button", "--by", "Bo"];
    expect(await commands.json(rejected)).toMatchObject({ status: "pending", text: back?.text });
    await commands.json(["worker", "--once"]);
    expect(await commands.json(["review", "approve", other, ...TO])).toMatchObject({ status: "approved" });
    expect(await commands.json(["review", "reopen", other, ...TO])).toMatchObject({ status: "translated" });
    expect(await commands.json(["review", "reopen", other, ...TO], { code: 1 })).toMatchObject({
      error: { code: "TH_NOT_APPROVED" },
    });

    expect(await history(commands, id)).toMatchObject([
      { action: "undo", by: "Ana", textBefore: "Payer", textAfter: pay?.text },
      {
        action: "edit",
        by: "Ana",
        note: "verb",
        revisionBefore: pay?.revision,
        revisionAfter: Number(pay?.revision) + 1,
        textBefore: pay?.text,
        textAfter: "Payer",
      },
    ]);
    expect((await history(commands, other)).map(({ action }) => action)).toEqual([
      "reopen",
      "approve",
      "replace",
      "reject",
    ]);
    const forPeople = await commands.run(["review", "history", "--business-id", "shop.2", ...TO]);
    expect(forPeople).toMatchObject({ code: 0, stdout: expect.stringMatching(/reject\t.*this is a button/) });
  });

  test("decides about many, and each has its own end", async ({ commands }) => {
    const listed = await translated(commands, ["One", "Two", "Three"]);
    const ids = listed.map(({ id }) => String(id));
    const ended = await commands.json<{ items: { id: string; error?: { code: string } }[]; failed: number }>(
      ["review", "approve", "-", ...TO, "--by", "Ana"],
      { input: `${[ids[0], "999999-0", "no id", ids[1]].join("\n")}\n`, code: 1 },
    );
    expect(ended).toMatchObject({
      failed: 2,
      items: [
        { id: ids[0], translation: { status: "approved" } },
        { id: "999999-0", error: { code: "TH_NOT_FOUND" } },
        { id: "no id", error: { code: "TH_ITEM_SHAPE" } },
        { id: ids[1], translation: { status: "approved" } },
      ],
    });
    expect(await commands.json(["review", "undo", ...ids.slice(0, 2), ...TO])).toMatchObject({ failed: 0 });
    const people = await commands.run(["review", "reopen", ...ids, ...TO]);
    expect(people.code).toBe(1);
    expect(people.stdout.match(/TH_NOT_APPROVED/g)).toHaveLength(3);
    expect(people.stderr).toContain("3 acts of 3 could not be taken");
  });

  test("lists by filter and page by page, and works through a queue that ends", async ({ commands }) => {
    const listed = await translated(commands, ["Add to cart", "Pay", "Back"]);
    const list = (...args: string[]) => commands.json<Listed>(["review", "list", ...TO, ...args]);
    expect((await list("--search", "CART")).items).toMatchObject([{ sourceText: "Add to cart" }]);
    expect((await list("--engine", "human")).items).toEqual([]);
    const first = await list("--limit", "2", "--prefix", "shop.");
    expect(first.items).toHaveLength(2);
    const rest = await list("--prefix", "shop.", "--cursor", String(first.nextCursor));
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
    expect(rest.nextCursor).toBeNull();

    const queue = () => list("--queue", "--sample", "100");
    expect((await queue()).items.map(({ reason }) => reason)).toEqual(["sample", "sample", "sample"]);
    for (const { id } of (await queue()).items) await commands.json(["review", "approve", String(id), ...TO]);
    expect((await queue()).items).toEqual([]);
    await commands.json(["review", "undo", String(listed[1]?.id), ...TO]);
    expect((await queue()).items).toMatchObject([{ id: listed[1]?.id }]);
    const people = await commands.run(["review", "list", ...TO, "--queue", "--sample", "100"]);
    expect(people.stdout).toMatch(/^id\trevision\tstatus\tsource\ttranslation\twarnings\twhy\n/);
    expect(people.stderr).toContain("this is the end of the list");
  });

  test("is told a wrong use in one line", async ({ commands }) => {
    const [pay] = await translated(commands, ["Pay"]);
    const id = String(pay?.id);
    for (const [args, message] of [
      [["approve", id], /--to is missing/],
      [["approve", ...TO], /give either ids of translations or --business-id/],
      [["reject", id, ...TO], /--note is missing/],
      [["approve", id, "2-0", ...TO, "--text", "Payer"], /--text belongs to one translation/],
      [["list", ...TO, "--sample", "5"], /--sample belongs to --queue/],
    ] as const) {
      const ended = await commands.run(["review", ...args]);
      expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
    }
    expect(await commands.json(["review", "undo", id, ...TO], { code: 1 })).toMatchObject({
      error: { code: "TH_NOTHING_TO_UNDO" },
    });
  });
});
