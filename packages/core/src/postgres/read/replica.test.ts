import { Coordinator } from "@trans-hub/core";
import { expectWithin } from "@trans-hub/test-support/load";
import { type PostgresWithStandby, startPostgresWithStandby } from "@trans-hub/test-support/standby";
import { drain, item, reference, translated, workOf } from "@trans-hub/test-support/store";
import { startTcpProxy } from "@trans-hub/test-support/tcp-proxy";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { until } from "../../testing/conformance/kit.ts";
import { applyMigrations } from "../database/migrate.ts";
import { ConnectionPool } from "../database/pool.ts";
import { type PostgresOptions, PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";
import { ReplicaReads } from "./replica.ts";

describe("a store that reads from a standby", { timeout: 120_000 }, () => {
  let server: PostgresWithStandby;

  beforeAll(async () => {
    server = await startPostgresWithStandby({ isSynchronous: false });
    await applyMigrations({ databaseUrl: server.url });
  }, 120_000);
  afterAll(() => server?.stop());

  async function open(options: Partial<PostgresOptions> = {}): Promise<PostgresPersistenceHandler> {
    const store = await PostgresPersistenceHandler.connect({
      databaseUrl: server.url,
      readUrl: server.standby.url,
      pollSeconds: 0.2,
      ...options,
    });
    onTestFinished(() => store.close());
    return store;
  }

  const textOf = async (store: PostgresPersistenceHandler, text: string) =>
    (await store.read([reference(text)]))[0]?.text;

  /** Keeps the standby as it is until the test lets it go on, or ends. */
  function holdBack(): () => void {
    server.replication.cut();
    onTestFinished(() => server.replication.mend());
    return () => server.replication.mend();
  }

  /** A text with a translation that the standby has. */
  async function translatedText(store: PostgresPersistenceHandler, text: string): Promise<void> {
    await store.register([item(text)]);
    await drain(
      store,
      workOf(() => translated("first")),
    );
    const atStandby = await open({ databaseUrl: server.standby.url, readUrl: undefined });
    await until(async () => (await textOf(atStandby, text)) === "first");
  }

  test("gets what the standby has, single texts and lists", async () => {
    const other = await open({ readUrl: undefined });
    const store = await open();
    await translatedText(other, "Old news");
    holdBack();
    await other.approve({ reference: reference("Old news"), text: "second" });
    expect(await textOf(store, "Old news")).toBe("first");
    const listed = await store.list({ project: "default", targetLocale: "fr" });
    expect(listed.items.find(({ sourceText }) => sourceText === "Old news")?.text).toBe("first");
    expect(await textOf(other, "Old news")).toBe("second");
    expect(store.connectionUse().map(({ pool }) => pool)).toEqual(["statements", "reads"]);
  });

  test("gets a text that the standby does not have from the primary", async () => {
    const store = await open();
    await translatedText(store, "Known");
    holdBack();
    await store.register([item("Fresh")]);
    const found = await store.read([reference("Nowhere"), reference("Fresh"), reference("Known")]);
    expect(found.map((each) => each?.status)).toEqual([undefined, "pending", "translated"]);
  });

  test("sees a person's act of its own at once, and asks the standby again when that has caught up", async () => {
    const other = await open({ readUrl: undefined });
    const store = await open();
    await translatedText(store, "Reviewed");
    const goOn = holdBack();
    await store.approve({ reference: reference("Reviewed"), text: "second" });
    expect(await textOf(store, "Reviewed")).toBe("second");
    goOn();
    const atStandby = await open({ databaseUrl: server.standby.url, readUrl: undefined });
    await until(async () => (await textOf(atStandby, "Reviewed")) === "second");
    expect(await textOf(store, "Reviewed")).toBe("second");
    holdBack();
    await other.approve({ reference: reference("Reviewed"), text: "third" });
    expect(await textOf(store, "Reviewed")).toBe("second");
  });

  test("sees an act of its own that ends while an earlier one is looked for", async () => {
    const store = await open();
    await translatedText(store, "First");
    await translatedText(store, "Second");
    holdBack();
    const primary = new ConnectionPool({ databaseUrl: server.url });
    onTestFinished(() => primary.end());
    const reads = new ReplicaReads(primary, { databaseUrl: server.url, readUrl: server.standby.url });
    onTestFinished(() => reads.end());
    // The standby has all that was written when the first act is looked for.
    const query = primary.query.bind(primary);
    vi.spyOn(primary, "query").mockImplementationOnce(async (config) => {
      const answer = await query(config);
      expect(config.name).toBe("replica.written");
      answer.rows[0] = { lsn: "0/0" } as never;
      await store.approve({ reference: reference("Second"), text: "mine" });
      reads.changed();
      return answer as never;
    });
    reads.changed();
    await reads.read([reference("First")]);
    expect((await reads.read([reference("Second")]))[0]?.text).toBe("mine");
  });

  test("sees an act of its own whose answer was lost", async () => {
    const store = await open();
    await translatedText(store, "Lost answer");
    holdBack();
    const { query } = ConnectionPool.prototype;
    vi.spyOn(ConnectionPool.prototype, "query").mockImplementation(async function (this: ConnectionPool, config) {
      const answer = await query.call(this, config);
      if (config.name === "translation.review") throw new DatabaseUnavailableError("The answer was lost");
      return answer as never;
    });
    const approving = store.approve({ reference: reference("Lost answer"), text: "mine" });
    await expect(approving).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE" });
    expect(await textOf(store, "Lost answer")).toBe("mine");
  });

  test("ends no wait with the text from before a forced request, or of another text under the same id", async () => {
    const store = await open();
    await translatedText(store, "Forced");
    await store.register([item("Old text", { businessId: "id" })]);
    await drain(
      store,
      workOf(() => translated("first")),
    );
    const atStandby = await open({ databaseUrl: server.standby.url, readUrl: undefined });
    const byId = { project: "default", targetLocale: "fr", businessId: "id" };
    await until(async () => (await atStandby.read([byId]))[0]?.text === "first");
    holdBack();
    await store.register([item("Forced", { force: true }), item("New text", { businessId: "id" })]);
    const waiting = await store.read([reference("Forced"), byId], { confirmSettled: true });
    expect(waiting.map((each) => [each?.sourceText, each?.status])).toEqual([
      ["Forced", "pending"],
      ["New text", "pending"],
    ]);
    const hub = new Coordinator(store, { sourceLocale: "en" });
    onTestFinished(() => hub.close());
    const wait = { targetLocales: ["fr"], timeoutMs: 1_000 };
    await expect(hub.waitFor({ ...wait, text: "Forced" })).rejects.toMatchObject({ code: "TH_WAIT_TIMEOUT" });
    await expect(hub.waitFor({ ...wait, businessId: "id" })).rejects.toMatchObject({ code: "TH_WAIT_TIMEOUT" });
  });

  test.for(["cut", "hang"] as const)("reads from the primary while the standby's connections %s", async (how) => {
    const link = await startTcpProxy(server.standby.url);
    onTestFinished(() => link.close());
    const lost = vi.fn<(error: Error) => void>();
    const store = await open({ readUrl: link.url, answerTimeoutMs: 3_000, onConnectionLost: lost });
    await translatedText(store, `Cut off: ${how}`);
    expect(await textOf(store, `Cut off: ${how}`)).toBe("first");
    link[how]();
    const startedAt = performance.now();
    for (let reads = 0; reads < 5; reads += 1) expect(await textOf(store, `Cut off: ${how}`)).toBe("first");
    // One read waited for the standby, the others did not ask it.
    expectWithin(performance.now() - startedAt, 8_000);
    expect(lost).toHaveBeenCalled();
    await store.register([item(`Registered: ${how}`)]);
    expect((await store.read([reference(`Registered: ${how}`)]))[0]?.status).toBe("pending");
  });

  test("writes nothing there: noting a use goes to the primary", async () => {
    const store = await open({ retentionDays: 0.000_01 });
    await translatedText(store, "Used");
    await store.touch([reference("Used")]);
    expect(await textOf(store, "Used")).toBe("first");
  });
});
