/** Readers and sequencers that are wrong, and that the oracle of the feed must catch. The right ones pass on the same stage. */
import { startPostgres, type TestPostgres } from "@trans-hub/test-support/postgres";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Told } from "./oracle.ts";
import { Stage, type StageReader, swap } from "./stage.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  // The writer of the log must not save what a crash is to lose.
  postgres = await startPostgres(["wal_writer_delay=10s", "max_prepared_transactions=2"]);
});
afterAll(() => postgres?.stop());

/** Transactions of one round, and the most rounds. */
const ROUND = 200;
const ROUNDS = 25;

/** Plays until the oracle finds something. */
async function caught(stage: Stage, reader: StageReader, beside?: () => Promise<unknown>): Promise<string[]> {
  try {
    const told: Told[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      told.push(...(await stage.play(ROUND, reader, beside)));
      const found = await stage.judge(told);
      if (found.length > 0) return found;
    }
    return [];
  } finally {
    await stage.close();
  }
}

interface Row {
  kind: string;
  project: string;
  targetLocale: string;
  id: string;
  revision: number;
  cursor: string;
}

/** Reads single rows behind a cursor that a query computes. */
function reading(sql: string, first: string): StageReader {
  let cursor = first;
  return async (db: pg.Pool) => {
    const { rows } = await db.query<Row>(sql, [cursor]);
    cursor = rows.at(-1)?.cursor ?? cursor;
    return rows.map(({ kind, project, targetLocale, id, revision }) => ({
      position: 0,
      kind: kind as Told["kind"],
      project,
      targetLocale,
      ids: [id],
      revisions: [revision],
    }));
  };
}

const byNumber = (condition = "") => `
  select e.kind, e.project, e.target_locale as "targetLocale", e.n::text as cursor, i.content_no || '-0' as id, e.revisions[1] as revision
  from (select * from trans_hub.event as e where e.n > $1::bigint ${condition} order by e.n limit 50) as e
  cross join unnest(e.content_nos) as i (content_no)
  order by e.n`;

/** The feed's own reader, one event after the other. */
const pages = (stage: Stage, limit: number): StageReader => {
  let cursor = stage.after;
  return async () => {
    const page = await stage.store.events({ after: cursor, limit });
    cursor = page.next;
    return page.events;
  };
};

test("the feed passes", async () => {
  const stage = await Stage.open(postgres, "right");
  const told = await stage.play(600, pages(stage, 7), () => stage.db.query("vacuum trans_hub.event_queue"));
  expect(told.length).toBeGreaterThan(100);
  expect(told.map(({ position }) => position)).toEqual(told.map((_, at) => (told[0]?.position ?? 0) + at));
  expect(await stage.judge(told)).toEqual([]);
  await stage.close();
});

describe("the oracle catches a reader", () => {
  test("whose cursor is the number of an event, which is drawn before the commit", async () => {
    const stage = await Stage.open(postgres, "by_number");
    expect(await caught(stage, reading(byNumber(), "0"))).toContainEqual(expect.stringMatching(/did not reach/));
  });

  test("whose cursor is the number, of events before the oldest running transaction", async () => {
    const stage = await Stage.open(postgres, "by_number_and_xmin");
    const reader = reading(
      byNumber("and e.xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
      "0",
    );
    expect(await caught(stage, reader)).toContainEqual(expect.stringMatching(/did not reach/));
  });

  test("whose cursor is the time of the last change", async () => {
    const stage = await Stage.open(postgres, "by_time");
    const reader = reading(
      `select t.status::text as kind, t.project, t.target_locale as "targetLocale", t.content_no || '-' || t.context_no as id, t.revision,
        t.updated_at::text as cursor
      from trans_hub.translation as t where t.updated_at > $1::timestamptz and t.status <> 'pending' order by t.updated_at limit 50`,
      "-infinity",
    );
    expect(await caught(stage, reader)).toContainEqual(expect.stringMatching(/did not reach/));
  });
});

describe("the oracle catches a sequencer", () => {
  test("that locks and moves in one statement: a position is given twice", async () => {
    const stage = await Stage.open(postgres, "one_statement", (text) =>
      swap(
        swap(text, /perform from feed_head for update skip locked;\s+if not found then\s+return 0;\s+end if;/, ""),
        "select h.position from feed_head as h\n",
        "select coalesce((select max(p.position) from event_position as p), 0) as position from feed_head as h for update\n",
      ),
    );
    const found = await caught(stage, pages(stage, 7));
    // The primary key refuses it; without the key a reader would get two events at one position.
    expect(found).toContainEqual(expect.stringMatching(/failed: 23505/));
  });

  test("that gives positions to events as they lie in the table", async () => {
    const stage = await Stage.open(postgres, "as_they_lie", (text) =>
      swap(
        swap(text, "order by q.n limit most", "limit most"),
        "row_number() over (order by g.n)",
        "row_number() over ()",
      ),
    );
    // Cleaning up makes room in front of the youngest rows.
    const found = await caught(stage, pages(stage, 7), () => stage.db.query("vacuum trans_hub.event_queue"));
    expect(found).toContainEqual(expect.stringMatching(/after a later one of their row/));
  });

  test("that does not wait for the disk: after a crash, a position that was told is another event's", async () => {
    const afterCrash = async (name: string, mutate?: (text: string) => string) => {
      const stage = await Stage.open(postgres, name, mutate);
      try {
        const read = pages(stage, 1_000);
        await read(stage.db);
        // Its event has the lower number, and is committed after the crash.
        await stage.approve(2, "prepare transaction 'late'");
        await stage.approve(1, "commit");
        const told = (await read(stage.db)).at(-1);
        await postgres.restart("crash");
        await stage.db.query("commit prepared 'late'");
        const replayed = await stage.store.events({ after: stage.after, limit: 1_000 });
        return { told, kept: replayed.events.find(({ position }) => position === told?.position) };
      } finally {
        await stage.close();
      }
    };
    const asynchronous = (text: string) =>
      swap(
        swap(text, /current_setting\('synchronous_commit'\) not in \(.*\)/, "true"),
        "'synchronous_commit', 'on'",
        "'synchronous_commit', 'off'",
      );
    const lost = await afterCrash("asynchronous", asynchronous);
    expect(lost.told?.ids).toHaveLength(1);
    expect(lost.kept?.ids).not.toEqual(lost.told?.ids);
    const right = await afterCrash("synchronous");
    expect(right.kept).toEqual(right.told);
  });
});
