/** Reading stored translations: from the database, one and a hundred at a time, and from memory. */
import { createHash } from "node:crypto";
import { makeTexts } from "@trans-hub/test-support/strings";
import type pg from "pg";
import { inTurn, rate, timed } from "../figures.ts";
import { connect, drainOurs, registerOurs } from "../ours.ts";
import type { Family } from "./cell.ts";

const BATCH = 100;

export const read: Family = {
  name: "read",
  what: "stored translations read, from the database and from memory",
  isQuick: true,
  async measure(stage) {
    const texts = makeTexts(5_000, 4_000);
    const [singles, batches, cached] = stage.options.isQuick ? [1_500, 60, 20_000] : [5_000, 300, 50_000];
    await stage.database(async (database) => {
      await registerOurs(database.url, texts, 1_000);
      await drainOurs(database.url);
      await database.pool.query("vacuum (analyze)");
      const at = (number: number) => texts[number % texts.length] as string;
      const page = (number: number) => Array.from({ length: BATCH }, (_, each) => at(number * BATCH + each));
      const uncached = await connect(database.url, { cacheSize: 0 });
      const warm = await connect(database.url);
      await warm.getTranslations(
        texts.map((text) => ({ text })),
        { targetLocale: "fr" },
      );
      // Planned once, like Trans-Hub's: by default PostgreSQL plans a list anew each time.
      const client = await database.pool.connect();
      await client.query("set plan_cache_mode = force_generic_plan");
      const map = new Map<string, { text: string }>(texts.map((text) => [keyOf(text), { text }]));
      const reads = async (count: number, go: (number: number) => unknown) => {
        const elapsed = await timed(async () => {
          for (let number = 0; number < count; number += 1) await go(number);
        });
        return rate(count, elapsed);
      };
      const figures = await inTurn(
        stage.options.rounds,
        {
          single: () => reads(singles, (number) => uncached.getTranslation({ text: at(number), targetLocale: "fr" })),
          bare: () => reads(singles, (number) => bareSelect(client, [at(number)], ALL)),
          "bare text": () => reads(singles, (number) => bareSelect(client, [at(number)], TEXT)),
          batch: async () =>
            BATCH *
            (await reads(batches, (number) =>
              uncached.getTranslations(
                page(number).map((text) => ({ text })),
                { targetLocale: "fr" },
              ),
            )),
          "bare batch": async () => BATCH * (await reads(batches, (number) => bareSelect(client, page(number), ALL))),
          "bare batch, text": async () =>
            BATCH * (await reads(batches, (number) => bareSelect(client, page(number), TEXT))),
          cached: () => reads(cached, (number) => warm.getTranslation({ text: at(number), targetLocale: "fr" })),
          map: () =>
            reads(cached, (number) => {
              if (map.get(keyOf(at(number))) === undefined) throw new Error("a key is not made alike twice");
            }),
        },
        (line) => stage.progress(line),
      );
      client.release();
      await Promise.all([uncached.close(), warm.close()]);
      const common = { family: "read", unit: "reads/s", better: "more", phase: "no writes" } as const;
      stage.record(
        {
          ...common,
          cell: "read, uncached, one at a time",
          against: "a bare prepared SELECT of the same columns",
          ours: figures.single,
          theirs: figures.bare,
          reach: 0.9,
        },
        {
          ...common,
          cell: "read, uncached, one at a time",
          against: "a bare prepared SELECT of text and status alone",
          ours: figures.single,
          theirs: figures["bare text"],
        },
        {
          ...common,
          cell: `read, uncached, ${BATCH} at a time`,
          against: `a bare prepared SELECT of ${BATCH}, the same columns`,
          ours: figures.batch,
          theirs: figures["bare batch"],
          reach: 0.9,
        },
        {
          ...common,
          cell: `read, uncached, ${BATCH} at a time`,
          against: `a bare prepared SELECT of ${BATCH}, text and status alone`,
          ours: figures.batch,
          theirs: figures["bare batch, text"],
        },
        {
          ...common,
          cell: "read, cached",
          against: "Map.get, and making its key",
          ours: figures.cached,
          theirs: figures.map,
          reach: 0.2,
        },
      );
    });
  },
};

/** Columns for a program that queries the tables itself, by an identity computed here. */
const TEXT = {
  name: "bare.read_text",
  columns: "t.status, t.text, t.engine, t.model, t.revision",
  joins: "",
};
/** All fields of a `Translation`. */
const ALL = {
  name: "bare.read_all",
  columns: `t.content_no, t.context_no, t.project, c.source_locale, t.target_locale, c.text as source_text, x.canonical,
    array(
      select s.business_id from trans_hub.source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ) as business_ids,
    t.status, t.text, t.engine, t.model, t.revision, d.code, d.message`,
  joins: `
    left join lateral (select x.canonical from trans_hub.context as x where x.context_no = t.context_no offset 0) as x on true
    left join lateral (
      select d.code, d.message from trans_hub.dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project and d.replayed_at is null
      order by d.id desc
      limit 1
    ) as d on true`,
};

async function bareSelect(client: pg.ClientBase, texts: string[], what: typeof TEXT): Promise<void> {
  const { rows } = await client.query({
    name: what.name,
    text: `
      select ${what.columns}
      from unnest($1::uuid[]) as r (content_id)
      cross join lateral (select c.* from trans_hub.content as c where c.content_id = r.content_id offset 0) as c
      cross join lateral (
        select t.* from trans_hub.translation as t
        where t.content_no = c.content_no and t.target_locale = $2 and t.context_no = 0 and t.project = $3
        offset 0
      ) as t${what.joins}`,
    values: [texts.map(contentId), "fr", "default"],
  });
  if (rows.length !== texts.length) throw new Error(`${rows.length} rows of ${texts.length}`);
}

function contentId(text: string): string {
  return createHash("sha256").update(`en\0${text}`).digest("hex").slice(0, 32);
}

/** The same key as Trans-Hub's: the identity of the text, with the other fields that distinguish translations. */
function keyOf(text: string): string {
  return `fr\0default\0text\0${contentId(text)}\0`;
}
