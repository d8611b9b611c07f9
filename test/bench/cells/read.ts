/** Reading stored translations: from the database, one and a hundred at a time, and from memory. */
import { createHash } from "node:crypto";
import { makeTexts } from "../../support/strings.ts";
import { inTurn, rate, timed } from "../figures.ts";
import { connect, drainOurs, registerOurs } from "../ours.ts";
import type { BenchDatabase } from "../stage.ts";
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
          bare: () => reads(singles, (number) => bareSelect(database, [at(number)])),
          batch: async () =>
            BATCH *
            (await reads(batches, (number) =>
              uncached.getTranslations(
                page(number).map((text) => ({ text })),
                { targetLocale: "fr" },
              ),
            )),
          "bare batch": async () => BATCH * (await reads(batches, (number) => bareSelect(database, page(number)))),
          cached: () => reads(cached, (number) => warm.getTranslation({ text: at(number), targetLocale: "fr" })),
          map: () =>
            reads(cached, (number) => {
              if (map.get(keyOf(at(number))) === undefined) throw new Error("a key is not made alike twice");
            }),
        },
        (line) => stage.progress(line),
      );
      await Promise.all([uncached.close(), warm.close()]);
      const common = { family: "read", unit: "reads/s", better: "more", phase: "no writes" } as const;
      stage.record(
        {
          ...common,
          cell: "read, uncached, one at a time",
          against: "a bare prepared SELECT by the text's identity",
          ours: figures.single,
          theirs: figures.bare,
          reach: 0.9,
        },
        {
          ...common,
          cell: `read, uncached, ${BATCH} at a time`,
          against: `a bare prepared SELECT of ${BATCH}`,
          ours: figures.batch,
          theirs: figures["bare batch"],
          reach: 0.9,
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

/** What a program needs that asks the tables itself: identity made here, the text and its state given. */
async function bareSelect({ pool }: BenchDatabase, texts: string[]): Promise<void> {
  const { rows } = await pool.query({
    name: "bare.read",
    text: `
      select t.status, t.text, t.engine, t.model, t.revision
      from unnest($1::uuid[]) as r (content_id)
      cross join lateral (select c.content_no from trans_hub.content as c where c.content_id = r.content_id offset 0) as c
      cross join lateral (
        select t.* from trans_hub.translation as t
        where t.content_no = c.content_no and t.target_locale = $2 and t.context_no = 0 and t.project = $3
        offset 0
      ) as t`,
    values: [texts.map(contentId), "fr", "default"],
  });
  if (rows.length !== texts.length) throw new Error(`${rows.length} rows of ${texts.length}`);
}

function contentId(text: string): string {
  return createHash("sha256").update(`en\0${text}`).digest("hex").slice(0, 32);
}

/** As ours: the identity of the text, with what else tells translations apart. */
function keyOf(text: string): string {
  return `fr\0default\0text\0${contentId(text)}\0`;
}
