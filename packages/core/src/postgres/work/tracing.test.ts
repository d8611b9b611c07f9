/** The traces of requests in the work on them, with an SDK that keeps its spans in memory. */
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { Coordinator } from "@trans-hub/core";
import { EngineTransientError } from "@trans-hub/core/engine";
import { translateBatch } from "@trans-hub/core/store";
import { scriptedEngine } from "@trans-hub/engines/testing";
import { drain, item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { beforeAll, beforeEach, describe, expect } from "vitest";

const exporter = new InMemorySpanExporter();
const SAMPLED = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
const UNSAMPLED = SAMPLED.replace(/01$/, "00");
const OTHER = "00-00000000000000000000000000000abc-0000000000000def-01";

beforeAll(() => {
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
});
beforeEach(() => exporter.reset());

describe("a request of a trace", () => {
  test("is followed through a failed attempt to the stored text, and no span quotes a text or a message", async ({
    db,
    store,
  }) => {
    const hub = new Coordinator(store, { sourceLocale: "en" });
    await inTrace("page", () => hub.request({ text: "Confidential", businessId: "user.4711", targetLocales: ["fr"] }));
    let asked = 0;
    const engine = scriptedEngine({
      item: ({ text }) => {
        asked += 1;
        if (asked > 1) return `[fr] ${text}`;
        return { failure: { kind: "transient", error: new EngineTransientError(`Cannot do it: ${text}`) } };
      },
    });
    const work = translateBatch({ engines: [engine], maxAttempts: 5, engineTimeoutMs: 1_000 });
    await drain(store, work);
    await db.query("update trans_hub.batch set run_at = now()");
    await db.query("update graphile_worker._private_jobs set run_at = now()");
    await drain(store, work);
    await hub.close();

    const [page] = spans("page");
    const traceId = page?.spanContext().traceId;
    expect(spans("trans_hub.batch").map((span) => span.spanContext().traceId)).toEqual([traceId, traceId]);
    const calls = spans("trans_hub.engine_call");
    expect(calls.map(({ kind, status }) => [kind, status.code])).toEqual([
      [SpanKind.CLIENT, SpanStatusCode.ERROR],
      [SpanKind.CLIENT, SpanStatusCode.UNSET],
    ]);
    expect(calls[0]?.attributes).toMatchObject({ "error.type": "transient" });
    expect(spans("trans_hub.settle").map(({ attributes }) => attributes)).toEqual([
      { "trans_hub.texts.retry": 1 },
      { "trans_hub.texts.translated": 1 },
    ]);
    const sent = exporter.getFinishedSpans().map(({ name, attributes, events, status }) => {
      return { name, attributes, events, status };
    });
    expect(JSON.stringify(sent)).not.toMatch(/confidential|4711|cannot/i);
  });

  test("that is refused fails its span by the code, without the message", async ({ store }) => {
    const hub = new Coordinator(store, { sourceLocale: "en" });
    await expect(hub.request({ text: "Hello", targetLocales: ["Confidential text"] })).rejects.toThrow();
    await hub.close();
    expect(spans("trans_hub.request")[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": expect.stringMatching(/^TH_/) },
    });
    expect(JSON.stringify(spans("trans_hub.request").map(({ attributes }) => attributes))).not.toContain(
      "Confidential",
    );
  });
});

describe("a batch", () => {
  test("that joins batches of several traces is a child of the first, with a link to each", async ({ store }) => {
    await store.register([item("one")], { traceparents: [SAMPLED] });
    await store.register([item("two")], { traceparents: [OTHER] });
    await store.register([item("three")]);
    await drain(store);
    const [batch, ...others] = spans("trans_hub.batch");
    expect(others).toEqual([]);
    const linked = batch?.links.map(({ context }) => context.traceId).sort();
    expect(linked).toEqual([traceIdOf(OTHER), traceIdOf(SAMPLED)]);
    expect(linked).toContain(batch?.spanContext().traceId);
    expect(batch?.attributes).toMatchObject({ "messaging.batch.message_count": 3, "trans_hub.batches": 3 });
  });

  test("that no trace asked for begins a trace of its own, also after the batch of another", async ({ store }) => {
    for (const locale of ["de", "es", "fr", "it"]) {
      await store.register(
        [item("one", { targetLocales: [locale] })],
        locale === "de" ? { traceparents: [SAMPLED] } : {},
      );
    }
    await store.work({ until: "ready", concurrency: 1, maxItems: 50 }, async (batch) => ({
      outcomes: batch.items.map(() => ({ kind: "translated", text: "x", engine: "test", model: null })),
      calls: [],
    }));
    const batches = spans("trans_hub.batch");
    expect(new Set(batches.map((span) => span.spanContext().traceId)).size).toBe(4);
    expect(batches.filter(({ parentSpanContext }) => parentSpanContext !== undefined)).toHaveLength(1);
  });
});

describe("the setting trans_hub.traceparent", () => {
  test("puts a caller of SQL into its trace, by trans_hub.request and by trans_hub.enqueue", async ({ db, store }) => {
    await inTransaction(db, SAMPLED, (client) =>
      client.query(`select trans_hub.request('[{"text": "one", "sourceLocale": "en", "targetLocales": ["fr"]}]')`),
    );
    await inTransaction(db, OTHER, (client) =>
      client.query(`select trans_hub.enqueue('[{"text": "two", "sourceLocale": "en", "targetLocales": ["fr"]}]')`),
    );
    expect(await value(db, "select traceparent from trans_hub.batch")).toBe(SAMPLED);
    expect(await value(db, "select traceparent from trans_hub.inbox")).toBe(OTHER);
    await drain(store);
    const linked = spans("trans_hub.batch").flatMap(({ links }) => links.map(({ context }) => context.traceId));
    expect(linked.sort()).toEqual([traceIdOf(OTHER), traceIdOf(SAMPLED)]);
  });

  test.for([
    ["of a trace that is not sampled", UNSAMPLED],
    ["that is a text", "Confidential"],
    ["with a text behind a trace", `${SAMPLED} Confidential`],
  ])("leaves no trace where it has a value %s", async ([, given], { db }) => {
    await inTransaction(db, given ?? "", async (client) => {
      await client.query(
        `select trans_hub.request('[{"text": "one", "sourceLocale": "en", "targetLocales": ["fr"]}]')`,
      );
      await client.query(
        `select trans_hub.enqueue('[{"text": "two", "sourceLocale": "en", "targetLocales": ["fr"]}]')`,
      );
    });
    expect(await value(db, "select count(*)::int from trans_hub.batch where traceparent is null")).toBe(1);
    expect(await value(db, "select count(*)::int from trans_hub.inbox where traceparent is null")).toBe(1);
  });

  test("counts with its first 16 traces", async ({ db }) => {
    const traces = Array.from({ length: 17 }, (_, at) => SAMPLED.replace("00-01", `00-${(at + 10).toString(10)}`));
    await inTransaction(db, traces.join(" "), (client) =>
      client.query(`select trans_hub.request('[{"text": "one", "sourceLocale": "en", "targetLocales": ["fr"]}]')`),
    );
    expect(await value(db, "select traceparent from trans_hub.batch")).toBe(traces.slice(0, 16).join(" "));
  });

  test("of one registration is not that of the next on its connection", async ({ db, openStore }) => {
    const store = await openStore({ maxConnections: 1 });
    await store.register([item("one")], { traceparents: [SAMPLED] });
    await store.register([item("two", { targetLocales: ["de"] })]);
    expect((await db.query("select target_locale, traceparent from trans_hub.batch order by 1")).rows).toEqual([
      { target_locale: "de", traceparent: null },
      { target_locale: "fr", traceparent: SAMPLED },
    ]);
  });

  test("of rows of the inbox that are registered together goes to their batch, from up to 16 traces", async ({
    db,
    store,
  }) => {
    const traces = Array.from({ length: 20 }, (_, at) => SAMPLED.replace(/^00-0/, `00-${(at % 16).toString(16)}`));
    for (const [at, given] of traces.entries()) {
      await inTransaction(db, given, (client) => store.enqueue(client, [item(`text ${at}`)]));
    }
    const carried: (readonly string[] | undefined)[] = [];
    await drain(store, async (batch) => {
      carried.push(batch.traceparents);
      return {
        outcomes: batch.items.map(() => ({ kind: "translated", text: "x", engine: "test", model: null })),
        calls: [],
      };
    });
    expect([...new Set(carried.flatMap((each) => each ?? []))].sort()).toEqual([...new Set(traces)].sort());
  });
});

function spans(name: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name);
}

function inTrace<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  return trace.getTracer("test").startActiveSpan(name, (span) => act().finally(() => span.end()));
}

function traceIdOf(traceparent: string): string {
  return traceparent.split("-")[1] ?? "";
}

async function inTransaction(
  db: pg.Pool,
  traceparent: string,
  act: (client: pg.PoolClient) => Promise<unknown>,
): Promise<void> {
  const client = await db.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('trans_hub.traceparent', $1, true)", [traceparent]);
    await act(client);
    await client.query("commit");
  } finally {
    client.release();
  }
}
