/** Requests that run once for a key. */
import { expect } from "vitest";
import { BacklogFullError } from "../../contract/errors.ts";
import type { OnceKey } from "../../contract/once.ts";
import type { ItemReceipt } from "../../contract/register.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import { type AddCase, item, readOne, translateAll } from "./kit.ts";

const KEY: OnceKey = { owner: "shop", key: "k", body: "the first body" };

/** Registers a forced text once. */
function force(handler: PersistenceHandler, key: OnceKey = KEY, answerOf = sumOf) {
  return handler.registerOnce(key, [{ items: [item({ force: true })], options: {} }], answerOf);
}

function sumOf(receipts: readonly ItemReceipt[][]): { registered: number } {
  return { registered: receipts.flat().reduce((sum, { registered }) => sum + registered, 0) };
}

export function onceCases(add: AddCase): void {
  add("a repeated request has the first answer and registers nothing, also at another member", async (members) => {
    const { handler, open } = members;
    const other = await open();
    expect(await force(handler)).toEqual({ kind: "done", answer: { registered: 1 } });
    await translateAll(handler);
    expect(await force(other)).toEqual({ kind: "done", answer: { registered: 1 } });
    expect(await readOne(handler)).toMatchObject({ status: "translated" });
    expect(await force(other, { ...KEY, key: "another" })).toEqual({ kind: "done", answer: { registered: 1 } });
    expect(await readOne(handler)).toMatchObject({ status: "pending" });
  });

  add("a key belongs to its owner, and to its first body", async ({ handler }) => {
    await force(handler);
    await translateAll(handler);
    expect(await force(handler, { ...KEY, body: "another" })).toEqual({ kind: "other" });
    expect(await readOne(handler)).toMatchObject({ status: "translated" });
    expect(await force(handler, { ...KEY, owner: "docs", body: "another" })).toMatchObject({ kind: "done" });
  });

  add("calls are registered in their order, each with its receipts", async ({ handler }) => {
    const calls = ["one", "two"].map((text) => ({ items: [item({ text }), item({ text: "both" })], options: {} }));
    const made = await handler.registerOnce(KEY, calls, (receipts) =>
      receipts.map((each) => each.map(({ registered }) => registered)),
    );
    expect(made).toEqual({
      kind: "done",
      answer: [
        [1, 1],
        [1, 0],
      ],
    });
  });

  add("a key whose request was refused is free", async ({ handler }) => {
    const refused = handler.registerOnce(
      KEY,
      [{ items: [item({ force: true })], options: { maxBacklog: 0 } }],
      ([receipts]) => {
        throw receipts?.[0]?.error;
      },
    );
    await expect(refused).rejects.toBeInstanceOf(BacklogFullError);
    expect(await force(handler)).toEqual({ kind: "done", answer: { registered: 1 } });
  });
}
