import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { loadAll, registerTexts, test } from "@trans-hub/test-support/batches";
import { drain, failed, item, reference, translated, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect, vi } from "vitest";
import { DatabaseUnavailableError, RequestExpiredError } from "../../contract/errors.ts";
import type { Settlement, WorkBatch, WorkOutcome } from "../../contract/work.ts";
import { ConnectionPool } from "../database/pool.ts";
import type { Database, StatementConfig } from "../database/statement.ts";
import type { LoadedBatch } from "../queue/load-batches.ts";
import { cut, join } from "../work/gather/joined-batch.ts";
import { Patience } from "./patience.ts";
import { Settler } from "./settler.ts";
import { type TextChange, Voice, WorkVoice } from "./voice.ts";

const OUTCOMES: WorkOutcome[] = [translated("Eins"), failed(), { kind: "released" }, translated("Vier")];

/** A settlement of texts that have nothing but a key. */
function settlement(outcomes: readonly WorkOutcome[] = OUTCOMES): Settlement {
  const items = outcomes.map((_, at) => ({
    key: { contentNo: String(at), contextNo: 0, targetLocale: "fr", project: "shop" },
  })) as unknown as WorkBatch["items"];
  return { batch: { project: "shop", sourceLocale: "en", targetLocale: "fr", items }, outcomes, elapsedMs: 1 };
}

describe("the voice of a work", () => {
  test("counts, and reports to the observer and to the listener, once", () => {
    const changes: TextChange[] = [];
    const heard: Settlement[] = [];
    const voice = new WorkVoice({
      voice: new Voice((change) => changes.push(change)),
      observer: { settled: (each) => heard.push(each) },
      onEnough: () => undefined,
    });
    voice.settled(settlement());
    expect(voice.summary).toEqual({ translated: 2, failed: 1 });
    expect(voice.remaining).toBe(Number.POSITIVE_INFINITY);
    expect(heard).toHaveLength(1);
    const of = (kind: TextChange["kind"], ...contentNos: string[]) => ({
      ...{ kind, project: "shop", targetLocale: "fr", count: contentNos.length },
      keys: contentNos.map((contentNo) => ({ contentNo, contextNo: 0, targetLocale: "fr", project: "shop" })),
    });
    expect(changes).toEqual([of("stored", "0", "3"), of("failed", "1")]);
  });

  test("reports no settlement that changed no row", () => {
    const heard: unknown[] = [];
    const observer = { settled: (each: Settlement) => heard.push(each) };
    const voice = new WorkVoice({ voice: new Voice((each) => heard.push(each)), observer, onEnough: () => undefined });
    voice.settled(settlement([]));
    expect(heard).toEqual([]);
  });

  test("says when the limit is reached", () => {
    let isEnough = false;
    const onEnough = () => {
      isEnough = true;
    };
    const voice = new WorkVoice({ voice: new Voice(), observer: {}, limit: 4, onEnough });
    voice.settled(settlement());
    expect([voice.remaining, isEnough]).toEqual([1, false]);
    voice.settled(settlement());
    expect([voice.remaining, isEnough]).toEqual([-2, true]);
  });
});

test("nothing but the voice calls an observer about settlements, or counts them", async () => {
  const source = new URL("..", import.meta.url).pathname;
  const callers: string[] = [];
  for await (const file of glob("**/*.ts", { cwd: source })) {
    if (file.endsWith(".test.ts")) continue;
    if (
      /observer\??\.settled\b|\{[^}]*\bsettled\b[^}]*\} = .*observer|\bsummary\b.*\+=/.test(
        readFileSync(`${source}${file}`, "utf8"),
      )
    )
      callers.push(file);
  }
  expect(callers).toEqual(["settle/voice.ts"]);
});

test("each committed change to texts reaches the listener of the store once, with its count", async ({ openStore }) => {
  const changes: TextChange[] = [];
  const store = await openStore({ onChange: (change) => changes.push(change) });
  await registerTexts(store, 5);
  await drain(
    store,
    workOf(({ text }) => (text === "Text 0" ? translated("Zéro") : failed())),
  );
  await store.approve({ reference: reference("Text 0") });
  expect(await store.replayDeadLetters({})).toBe(4);
  await drain(
    store,
    workOf(() => failed()),
  );
  expect(await store.purgeDeadLetters({ project: "default", targetLocale: "fr" })).toBe(4);
  await store.register([item("Waiting"), item("Secret"), item("42", { project: "numbers" })]);
  await store.forget({ project: "default", text: "Secret", sourceLocale: "en" });
  expect(await store.cancel({ project: "default", targetLocale: "fr" })).toBe(1);
  await store.collect({ retentionDays: 0, includeApproved: true });
  const of = (kind: TextChange["kind"], count: number, project?: string, targetLocale?: string) => ({
    ...{ kind, count, project, targetLocale },
  });
  expect(changes.map(({ keys: _, ...change }) => change)).toEqual([
    of("registered", 5, "default"),
    of("stored", 1, "default", "fr"),
    of("failed", 4, "default", "fr"),
    of("approved", 1, "default", "fr"),
    of("replayed", 4),
    of("failed", 4, "default", "fr"),
    of("purged", 4, "default", "fr"),
    of("registered", 2, "default"),
    of("registered", 1, "numbers"),
    of("forgotten", 1, "default"),
    of("cancelled", 1, "default", "fr"),
    of("collected", 2),
  ]);
  // Refused, cancelled twice, registered again, or of nothing: no change.
  await store.register([item("Once")]);
  changes.splice(0);
  await store.register([item("Once")]);
  await expect(store.approve({ reference: reference("None") })).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
  await store.cancel({ project: "nothing" });
  await store.collect({ retentionDays: 0, dryRun: true });
  expect(changes).toEqual([]);
});

describe("a settlement whose answer was lost", () => {
  /** Runs everything, and loses the first answer to a transaction or a statement of this name. */
  class LosingPool extends ConnectionPool {
    lost: string | undefined;

    override async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
      const answer = await super.query<Row>(config);
      this.#lose(config.name);
      return answer;
    }

    override async transaction<Result>(act: (db: Database) => Promise<Result>): Promise<Result> {
      const answer = await super.transaction(act);
      this.#lose("transaction");
      return answer;
    }

    #lose(name: string | undefined): void {
      if (name !== this.lost) return;
      this.lost = undefined;
      throw new DatabaseUnavailableError("The answer was lost");
    }
  }

  async function settlerOver(url: string) {
    const pool = new LosingPool({ databaseUrl: url });
    const reports: string[] = [];
    const observer = {
      settled: ({ batch, outcomes }: Settlement) =>
        reports.push(...batch.items.map(({ text }, at) => `${text}: ${outcomes[at]?.kind}`)),
    };
    const voice = new WorkVoice({ voice: new Voice(), observer, onEnough: () => undefined });
    const settler = new Settler({ pool, patience: new Patience(), voice, onFault: () => undefined });
    return { pool, reports, settler };
  }

  async function settleTogether(settler: Settler, batch: LoadedBatch, outcomes: WorkOutcome[]): Promise<void> {
    const joined = join([batch], {});
    const result = { outcomes, calls: [] };
    await settler.settle({ joined, result, batches: cut([batch], outcomes), startedAt: 0 });
  }

  test.for([
    ["of one statement", "settle.store_in_place", [translated("a"), translated("b")]],
    ["of several statements", "transaction", [translated("a"), failed()]],
  ] as const)("%s is reported as it was decided", async ([, lost, outcomes], { database, store, pool: own }) => {
    await registerTexts(store, 2);
    const [batch] = await loadAll(own);
    const { pool, reports, settler } = await settlerOver(database.url);
    pool.lost = lost;
    await settleTogether(settler, batch as LoadedBatch, [...outcomes]);
    await pool.end();
    expect(pool.lost).toBeUndefined();
    expect(reports).toEqual([`Text 0: ${outcomes[0].kind}`, `Text 1: ${outcomes[1].kind}`]);
    const stored = await store.read([reference("Text 0"), reference("Text 1")]);
    expect(stored.map((each) => each?.status)).toEqual(outcomes.map(({ kind }) => kind));
  });

  test("of which a part was stored before a deadlock is reported whole", async ({ db, database, store, pool: own }) => {
    await registerTexts(store, 2);
    const [batch] = await loadAll(own);
    await db.query(
      `update trans_hub.translation as t set expires_at = now() + interval '1 day' from trans_hub.content as c
       where c.content_no = t.content_no and c.text = 'Text 1'`,
    );
    const { pool, reports, settler } = await settlerOver(database.url);
    const deadlock = Object.assign(new Error("deadlock detected"), { code: "40P01" });
    const transaction = vi.spyOn(pool, "transaction").mockRejectedValueOnce(deadlock);
    await settleTogether(settler, batch as LoadedBatch, [translated("a"), translated("b")]);
    await pool.end();
    expect(transaction).toHaveBeenCalledTimes(2);
    expect(reports).toEqual(["Text 0: translated", "Text 1: translated"]);
  });

  test("that buried expired texts is reported too", async ({ db, database, store, pool: own }) => {
    await store.register([item("Late", { expiresAfterSeconds: 3_600 }), item("Open")]);
    await db.query("update trans_hub.translation set expires_at = now() where expires_at is not null");
    const [batch] = await loadAll(own);
    const { pool, reports, settler } = await settlerOver(database.url);
    pool.lost = "settle.bury_expired";
    const left = await settler.withoutExpired(batch as LoadedBatch, new RequestExpiredError("Too late"));
    await pool.end();
    expect(left.items.map(({ text }) => text)).toEqual(["Open"]);
    expect(reports).toEqual(["Late: failed"]);
  });

  test("that buried a batch is reported too", async ({ database, store, pool: own }) => {
    await registerTexts(store, 1);
    const [batch] = await loadAll(own);
    const { pool, reports, settler } = await settlerOver(database.url);
    pool.lost = "transaction";
    await settler.bury(batch as LoadedBatch, new RequestExpiredError("Too late"));
    await pool.end();
    expect(reports).toEqual(["Text 0: failed"]);
  });
});
