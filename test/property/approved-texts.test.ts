/**
 * No path but the act of a person changes an approved text: for any steps of force, replay, work, collection, contribution and acts,
 * in any order and at once. A trigger notes each change of an approved row, and each must have its act in the history.
 */

import type { PostgresPersistenceHandler, ReviewKind } from "@trans-hub/core/store";
import { TransHubError } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, echo, failed, item, reference, test, value, workOf } from "@trans-hub/test-support/store";
import fc from "fast-check";
import { expect } from "vitest";

const { TH_TEST_SEED: seed, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "25" } = process.env;

const LIMIT_MS = 60_000 + Number(runs) * 1_000;

const TEXTS = ["One", "Two", "Three"];

type Step =
  | { act: ReviewKind; text: string; own?: boolean; hide?: boolean }
  | { force: string }
  | { contribute: string; status: "translated" | "approved" }
  | { other: "replay" | "work" | "fail" | "collect" | "cancel" };

const text = fc.constantFrom(...TEXTS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom<ReviewKind>("approve", "reject", "reopen", "undo"),
      text,
      own: fc.boolean(),
      hide: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ force: text }) },
  {
    weight: 1,
    arbitrary: fc.record({ contribute: text, status: fc.constantFrom("translated" as const, "approved" as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      other: fc.constantFrom(
        "replay" as const,
        "work" as const,
        "work" as const,
        "fail" as const,
        "collect" as const,
        "cancel" as const,
      ),
    }),
  },
);
const moments = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 10 });

const LEDGER = `
  create table public.approved_change (content_no bigint, revision integer, old_text text, new_status text);
  create function public.note_approved() returns trigger language plpgsql as $$
  begin
    insert into public.approved_change
    select old.content_no, old.revision, old.text, case when tg_op = 'UPDATE' then new.status::text end;
    return null;
  end $$;
  create trigger note_approved_update after update on trans_hub.translation for each row
    when (old.status = 'approved' and (old.text, old.status) is distinct from (new.text, new.status))
    execute function public.note_approved();
  create trigger note_approved_delete after delete on trans_hub.translation for each row
    when (old.status = 'approved') execute function public.note_approved()`;

const UNEXPLAINED = `
  select coalesce(json_agg(l), '[]') from public.approved_change as l
  where (
    select count(*) from trans_hub.review_act as a
    where a.content_no = l.content_no and a.revision_before = l.revision and a.action <> 'replace'
      and a.status_before = 'approved' and a.text_before = l.old_text
  ) <> 1`;

test("no machine, operator or collection changes an approved text, in any order of steps", {
  timeout: 2 * LIMIT_MS,
}, async ({ db, store }) => {
  await db.query(LEDGER);
  let run = 0;
  const property = fc.asyncProperty(moments, async (all) => {
    run += 1;
    await store.register(TEXTS.map((each) => item(`${each} ${run}`)));
    await drain(store);
    for (const steps of all) await Promise.all(steps.map((each) => take(store, each, run)));
    expect(await value<unknown>(db, UNEXPLAINED)).toEqual([]);
    await expectInvariants(db);
    const counted = await value<string>(db, "select count(*) from trans_hub.translation where status = 'pending'");
    await drain(store);
    expect(
      await value<string>(db, "select count(*) from trans_hub.translation where status = 'pending'"),
      counted,
    ).toBe("0");
    await db.query("truncate public.approved_change");
  });
  await fc.assert(property, {
    numRuns: Number(runs),
    interruptAfterTimeLimit: LIMIT_MS,
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
  });
});

/** An act that cannot be taken at this moment changes nothing, and that is judged by the tables. */
async function take(store: PostgresPersistenceHandler, given: Step, run: number): Promise<void> {
  try {
    if ("act" in given) {
      const { act: kind, own, hide } = given;
      await store.review([
        {
          kind,
          reference: reference(`${given.text} ${run}`),
          ...(kind === "approve" && own && { text: `Person ${Math.random()}` }),
          ...(kind === "reject" && { hide }),
        },
      ]);
    } else if ("force" in given) {
      await store.register([item(`${given.force} ${run}`, { force: true, priority: "interactive" })]);
    } else if ("contribute" in given) {
      const { contribute, status } = given;
      await store.contribute([{ item: item(`${contribute} ${run}`), translation: "Catalog", status }]);
    } else {
      await others(store)[given.other]();
    }
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
  }
}

function others(
  store: PostgresPersistenceHandler,
): Record<"replay" | "work" | "fail" | "collect" | "cancel", () => Promise<unknown>> {
  return {
    replay: () => store.replayDeadLetters({}),
    work: () => drain(store, echo),
    fail: () =>
      drain(
        store,
        workOf(() => failed()),
      ),
    // Nothing but the texts of earlier runs is old enough, and of these the approved ones stay.
    collect: () => store.collect({ retentionDays: 1 / 86_400 }),
    cancel: () => store.cancel({ project: "default" }),
  };
}
