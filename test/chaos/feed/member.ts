/**
 * One process of the proof of the feed: a reader, a sequencer, a reviewer and so on, which may be killed at any moment. Readers report
 * each page to their parent, and go on behind the last one that they reported.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Coordinator, type EventPage, type FeedEvent } from "@trans-hub/core";
import { makeRandom } from "@trans-hub/test-support/strings";
import pg from "pg";
import { reviewRows } from "../../../packages/core/src/postgres/review/review.sql.ts";

export interface MemberOptions {
  role: "reader" | "follower" | "stream" | "sequencer" | "reviewer" | "writer" | "forgetter";
  databaseUrl: string;
  seed: number;
  /** Of a reader: its cursor, and the events of a page. */
  after?: string;
  limit?: number;
  /** Of a stream: the address of the server. */
  serverUrl?: string | undefined;
  locales: string[];
}

export type MemberMessage =
  | { kind: "ready" }
  | { kind: "page"; events: FeedEvent[]; next: string; at: number }
  /** A change that was acknowledged to a reviewer. */
  | { kind: "acked"; word: string; at: number }
  | { kind: "fault"; code: string };

const options = JSON.parse(process.env.CHAOS_MEMBER ?? "{}") as MemberOptions;
const { role, databaseUrl, locales } = options;
const random = makeRandom(options.seed);
const stopping = new AbortController();
const tell = (message: MemberMessage) => process.connected && process.send?.(message);
process.on("message", (order: string) => order === "stop" && stopping.abort());
process.on("disconnect", () => process.exit(0));

/** Lost connections, a server that stops or starts, locks of others, rows that others changed or removed. */
const EXPECTED =
  /^(57P0\d|08\w+|ECONN\w+|EPIPE|55P03|40\w+|TH_(DATABASE_UNAVAILABLE|NOT_FOUND|REVISION_CHANGED|FEED_OPENING|CANCELLED|CLOSED)|Connection terminated.*|.*is not queryable)$/;

const name = `chaos-${role}-${options.seed}`;
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, application_name: name });
pool.on("error", () => undefined);
// A connection that ends between two statements of a transaction.
pool.on("connect", (client) => client.on("error", () => undefined));
const hub = await connected();
tell({ kind: "ready" });
await { reader, follower, stream, sequencer, reviewer, writer, forgetter }[role]();
await hub.close().catch(() => undefined);
await pool.end().catch(() => undefined);
process.exit(0);

function told({ events, next }: EventPage): void {
  tell({ kind: "page", events, next, at: Date.now() });
}

async function reader(): Promise<void> {
  for (let cursor = options.after ?? "now"; !stopping.signal.aborted; ) {
    const page = await tried(() => hub.events({ after: cursor, limit: options.limit, project: null }));
    if (page !== undefined) {
      if (page.events.length > 0) told(page);
      cursor = page.next;
      if (!page.isLast) continue;
    }
    await wait(20 + 60 * random());
  }
}

async function follower(): Promise<void> {
  try {
    for await (const page of hub.followEvents({ after: options.after, project: null, signal: stopping.signal }))
      told(page);
  } catch (error) {
    tell({ kind: "fault", code: `follower: ${codeOf(error)}` });
  }
}

/** Reads server-sent events as a browser does: it comes again behind the last id, sometimes without a reason. */
async function stream(): Promise<void> {
  for (let last = options.after; !stopping.signal.aborted; ) {
    const leaving = AbortSignal.any([stopping.signal, AbortSignal.timeout(Math.floor(3_000 + 20_000 * random()))]);
    try {
      const response = await fetch(`${options.serverUrl}/v1/projects/default/events/stream`, {
        headers: { ...(last !== undefined && { "last-event-id": last }) },
        signal: leaving,
      });
      if (!response.ok) {
        const { code } = (await response.json()) as { code: string };
        if (!EXPECTED.test(code) && code !== "TH_TOO_MANY_WAITS") tell({ kind: "fault", code: `stream: ${code}` });
      } else {
        for await (const { id, event } of messagesOf(response.body)) {
          last = id;
          if (event !== undefined) told({ events: [event], next: id, isLast: true });
        }
      }
    } catch {
      // The server was killed, or the client left.
    }
    await wait(20 + 80 * random());
  }
}

async function* messagesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<{ id: string; event?: FeedEvent }> {
  let kept = "";
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (kept + text).split("\n\n");
    kept = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, id] = /^id: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (id !== undefined) yield { id, ...(data !== undefined && { event: JSON.parse(data) }) };
    }
  }
}

async function sequencer(): Promise<void> {
  while (!stopping.signal.aborted) {
    await tried(() => pool.query("select trans_hub.sequence_events($1)", [1 + Math.floor(random() * 100)]));
    await wait(20 + 40 * random());
  }
}

/** Approves texts, and knows when each approval was acknowledged. */
async function reviewer(): Promise<void> {
  while (!stopping.signal.aborted) {
    const [found] = await translatedRows(1);
    if (found !== undefined) {
      const { text, locale, revision } = found;
      const at = await tried(async () => {
        const approved = await hub.approve({ text, targetLocale: locale, revision, by: "reviewer" });
        return { revision: approved.revision, at: Date.now() };
      });
      if (at !== undefined)
        tell({ kind: "acked", word: `${found.project}/${locale}/${found.id} ${at.revision}`, at: at.at });
    }
    await wait(50 * random());
  }
}

/** Takes its time between a change and its commit, or takes the change back. */
async function writer(): Promise<void> {
  while (!stopping.signal.aborted) {
    const rows = await translatedRows(1 + Math.floor(3 * random()));
    await tried(async () => {
      const client = await pool.connect();
      let isBroken = true;
      try {
        await client.query("begin isolation level read committed; set local lock_timeout = '2s'");
        for (const { contentNo, contextNo, locale, project } of rows) {
          const row = [["approve"], [project], [locale], [contentNo], [contextNo]];
          await client.query(reviewRows.text, [...row, [null], [null], [null], ["writer"], [false], 50, 32_768]);
          await wait(150 * random() ** 3);
        }
        await client.query(random() < 0.3 ? "rollback" : "commit");
        isBroken = false;
      } finally {
        client.release(isBroken);
      }
    });
    await wait(20 * random());
  }
}

/** Forgets, cancels, and forces texts, and collects all that nobody has asked for during the last seconds. */
async function forgetter(): Promise<void> {
  for (let round = 0; !stopping.signal.aborted; round += 1) {
    const [found] = await translatedRows(1);
    if (found !== undefined) await tried(() => hub.forget({ text: found.text }));
    const [again] = await translatedRows(1);
    if (again !== undefined)
      await tried(() => hub.request({ text: again.text, targetLocales: [again.locale], force: true }));
    if (round % 5 === 2) await tried(() => hub.cancel({ targetLocale: locales[round % locales.length] }));
    if (round % 10 === 7) {
      await tried(() =>
        hub.runGarbageCollection({ retentionDays: 4 / 86_400, includeApproved: true, signal: stopping.signal }),
      );
    }
    await wait(300 * random());
  }
}

interface Found {
  id: string;
  contentNo: string;
  contextNo: string;
  project: string;
  text: string;
  locale: string;
  revision: number;
}

/** Some rows that have a translation. */
async function translatedRows(count: number): Promise<Found[]> {
  const found = await tried(() =>
    pool.query<Found>(
      `select t.content_no || '-' || t.context_no as id, t.content_no::text as "contentNo", t.context_no::text as "contextNo",
        t.project, c.text, t.target_locale as locale, t.revision
      from trans_hub.translation as t join trans_hub.content as c using (content_no)
      where t.status in ('translated', 'approved') and t.target_locale = $2
      order by t.content_no desc offset $3 limit $1`,
      [count, locales[Math.floor(random() * locales.length)], Math.floor(random() * 200)],
    ),
  );
  return found?.rows ?? [];
}

/** Undefined: it failed as things may here. Any other failure is reported. */
async function tried<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    const code = codeOf(error);
    if (!EXPECTED.test(code)) tell({ kind: "fault", code: `${role}: ${code}` });
    await wait(50);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? String(message);
}

async function connected(): Promise<Coordinator> {
  for (;;) {
    try {
      return await Coordinator.connect({
        databaseUrl,
        sourceLocale: "en",
        maxConnections: 3,
        cacheSize: 0,
        applicationName: name,
      });
    } catch {
      await wait(200);
    }
  }
}
