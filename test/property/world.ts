/**
 * The real store under the steps of a test: the product's own statements on a real database, called one by one, so that
 * a crash or a late settlement happens exactly at its step. graphile-worker runs its claim and its completion in
 * JavaScript behind timers, so their statements are repeated here.
 */
import { randomUUID } from "node:crypto";
import { isVerbatim } from "@trans-hub/core/engine";
import type {
  Approval,
  NamedReference,
  PostgresPersistenceHandler,
  RegisterItem,
  WorkOutcome,
} from "@trans-hub/core/store";
import type pg from "pg";
import { park } from "../../packages/core/src/postgres/control/pause.ts";
import { errorCode } from "../../packages/core/src/postgres/database/database-error.ts";
import type { ConnectionPool } from "../../packages/core/src/postgres/database/pool.ts";
import { rows, run } from "../../packages/core/src/postgres/database/statement.ts";
import {
  type LoadedBatch,
  type LoadedItem,
  loadBatchesById,
  markBatchesStarted,
} from "../../packages/core/src/postgres/queue/load-batches.ts";
import { registerInbox } from "../../packages/core/src/postgres/register/inbox.ts";
import { type SettledBatch, settleBatches } from "../../packages/core/src/postgres/settle/settle-batches.ts";
import { enterFleet, foldCounts, releaseNode } from "../../packages/core/src/postgres/work/fleet/node.sql.ts";
import { type InHand, idOf, type Left, type Model, type Picture, type RowName, type Wish } from "./model.ts";
import { type Answer, type SingleStep, TEXTS } from "./steps.ts";

/** The effect of a step: its change of the model, and the caller's result. */
export interface Effect {
  apply(model: Model, left?: Left): unknown;
  /** Whether it takes longer than a moment, so that others may come in between; undefined: it does not. */
  span?: "from its beginning" | "row by row";
  /** Names that it may skip meanwhile. */
  leavable?(model: Model): readonly string[];
  told?: unknown;
  /** Returns the violations in its result, compared with the model before the step. */
  check?(model: Model): string[];
}

export interface Look {
  picture: Picture;
  revisions: (RowName & { revision: number })[];
}

/** Batches that a worker holds, and their jobs. */
interface Hand {
  nodeId: string;
  batches: LoadedBatch[];
  jobIds: string[];
  /** Whether it was marked as begun; only then its crash is charged. */
  isBegun: boolean;
}

interface Worker {
  nodeId: string;
  hands: Hand[];
}

/** Number of old hands kept for a late settlement. */
const MEMORY = 8;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONG_DAYS = 90;

/**
 * Number of crashes after which texts are sent one by one; at the last one they go to the dead letters, as in the
 * gatherer.
 */
const SUSPECT_CRASHES = 2;
const DEADLY_CRASHES = 3;

const EMPTY = `
  delete from trans_hub.content; delete from trans_hub.context; delete from trans_hub.source; delete from trans_hub.translation;
  delete from trans_hub.batch; delete from trans_hub.inbox; delete from trans_hub.dead_letter; delete from trans_hub.usage;
  delete from trans_hub.worker_node; delete from trans_hub.gc_run; delete from trans_hub.count_delta;
  delete from trans_hub.pause; delete from trans_hub.review_act; delete from trans_hub.memory_unit; delete from trans_hub.memory_key;
  delete from trans_hub.memory_text; delete from trans_hub.memory_use; delete from trans_hub.stale_mark;
  delete from graphile_worker._private_jobs`;

/** graphile-worker's `getJobs`, without its queues, which are unused here. */
const CLAIM = `
  with next as (
    select j.id
    from graphile_worker._private_jobs as j
    join graphile_worker._private_tasks as t on t.id = j.task_id
    where j.is_available and j.run_at <= now() and t.identifier like 'translate:%'
    order by j.priority, j.run_at
    limit $2
    for update of j skip locked
  )
  update graphile_worker._private_jobs as j
  set attempts = j.attempts + 1, locked_by = $1, locked_at = now()
  from next
  where j.id = next.id
  returning j.id::text, j.payload ->> 'batch' as batch`;

/** Its `completeJobs`: by id, regardless of the job's present owner. */
const COMPLETE = "delete from graphile_worker._private_jobs where id = any ($1::bigint[])";

const LET_TIME_PASS = `
  with moved as materialized (
    select j.key
    from graphile_worker.reschedule_jobs(
      array(select id from graphile_worker.jobs where run_at > now() and run_at < 'infinity'), run_at => now()
    ) as j
  ), due as (
    update trans_hub.batch as b set run_at = now() from moved where b.batch_id::text = moved.key
  )
  select count(*) from moved`;

const PICTURE = `
  select jsonb_build_object(
    'rows', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'project', t.project, 'text', c.text, 'context', x.canonical, 'locale', t.target_locale, 'status', t.status,
        'stored', t.text, 'engine', t.engine, 'priority', t.priority, 'revision', t.revision,
        'letters', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'kept', d.kept_text, 'errors', jsonb_path_query_array(d.history, '$[*].message')
          )), '[]')
          from trans_hub.dead_letter as d
          where (d.content_no, d.target_locale, d.context_no, d.project)
            = (t.content_no, t.target_locale, t.context_no, t.project) and d.replayed_at is null
        )
      )), '[]')
      from trans_hub.translation as t
      join trans_hub.content as c using (content_no)
      left join trans_hub.context as x using (context_no)
    ),
    'uses', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'project', s.project, 'businessId', s.business_id, 'text', c.text, 'context', x.canonical
      )), '[]')
      from trans_hub.source as s
      join trans_hub.content as c using (content_no)
      left join trans_hub.context as x using (context_no)
    ),
    'calls', (select count(*) from trans_hub.usage)
  ) as picture`;

export class World {
  readonly #db: pg.Pool;
  readonly #pool: ConnectionPool;
  readonly #store: PostgresPersistenceHandler;
  #workers: Worker[] = [];
  /** Workers that are gone or declared dead, and not yet rescued. */
  #dead: Worker[] = [];
  /** Work held by dead workers, or settled already: it may be settled late. */
  #late: Hand[] = [];
  #serial = 0;

  constructor(db: pg.Pool, pool: ConnectionPool, store: PostgresPersistenceHandler) {
    this.#db = db;
    this.#pool = pool;
    this.#store = store;
  }

  get #busyWorkers(): Worker[] {
    return this.#workers.filter(({ hands }) => hands.length > 0);
  }

  /** Empties the database. The target locales stay open. */
  async begin(workers: number): Promise<void> {
    await this.#db.query(EMPTY);
    this.#dead = [];
    this.#late = [];
    this.#serial = 0;
    this.#workers = await Promise.all(Array.from({ length: workers }, () => this.#hire()));
  }

  async #hire(): Promise<Worker> {
    const nodeId = `worker-${randomUUID()}`;
    await run(this.#pool, enterFleet, [nodeId, "test", 1, "0", null, 1]);
    return { nodeId, hands: [] };
  }

  /** Takes a step; undefined: it had nothing to act on. */
  async take(step: SingleStep, model: Model): Promise<Effect | undefined> {
    const store = this.#store;
    switch (step.kind) {
      case "register": {
        const told = await store.register(step.wishes.map(itemOf), { engine: step.engine });
        return { told, apply: (its) => its.register(step.wishes, step.engine) };
      }
      case "enqueue":
        return this.#enqueue(step.wishes, step.commits);
      case "register the inbox":
        await registerInbox(this.#pool);
        return { apply: (its) => its.registerInbox() };
      case "read":
        await store.touch([referenceOf({ ...step.name, locale: "fr" })]);
        return { apply: (its) => its.read(step.name) };
      case "claim":
        return this.#claim(chosen(this.#workers, step.worker), step.jobs, step.begins);
      case "settle":
        return this.#settleOwn(chosen(this.#busyWorkers, step.worker), step.hand, step.answers, step.completes);
      case "settle late":
        return this.#settleLate(chosen(this.#late, step.hand), step.answers, step.completes);
      case "crash":
        return this.#crash(chosen(this.#workers, step.worker));
      case "rescue":
        return this.#rescue(chosen(this.#dead, step.worker));
      case "approve": {
        const name = chosen(model.names, step.row);
        return name && this.#approve(name, step.isOwnText, step.revision);
      }
      case "replay": {
        const told = await store.replayDeadLetters({ targetLocale: step.locale });
        return { told, apply: (its) => its.replay(step.locale) };
      }
      case "purge": {
        const told = await store.purgeDeadLetters({ targetLocale: step.locale });
        return { told, apply: (its) => its.purge(step.locale) };
      }
      case "cancel": {
        const { project, locale, prefix } = step;
        const told = await store.cancel({ project, targetLocale: locale, businessIdPrefix: prefix });
        return {
          told,
          span: "row by row",
          leavable: (its) => its.pendingOf(project),
          apply: (its, left) => its.cancel(project, locale, prefix, left),
        };
      }
      case "forget": {
        const { project, by } = step;
        const told = await store.forget({ project, ...("text" in by ? { ...by, sourceLocale: "en" } : by) });
        return { told, apply: (its) => its.forget(project, by) };
      }
      case "forget a prefix": {
        const reference = { project: step.project, businessIdPrefix: step.prefix };
        const counted = await store.forget(reference, { dryRun: true });
        const told = { counted, done: await store.forget(reference) };
        return {
          told,
          apply: (its) => {
            const done = its.forget(step.project, { businessIdPrefix: step.prefix });
            return { counted: done, done };
          },
        };
      }
      case "collect": {
        const { isLong, includeApproved, project } = step;
        const {
          dryRun: _,
          contexts: __,
          ...told
        } = await store.collect({
          ...{ retentionDays: isLong ? LONG_DAYS : 0, includeApproved, project },
        });
        return {
          told,
          span: "from its beginning",
          leavable: () => TEXTS,
          apply: (its, left) => its.collect(step, left),
        };
      }
      case "pause":
      case "resume":
        await store[step.kind](step.target);
        return { apply: () => undefined };
      case "nobody asks for long":
        await this.#db.query(
          `update trans_hub.source as s set last_seen_at = last_seen_at - interval '200 days'
           from trans_hub.content as c where c.content_no = s.content_no and s.project = $1 and c.text = $2`,
          [step.project, step.text],
        );
        return { apply: (its) => its.age(step.project, step.text) };
      case "time passes":
        await this.#db.query(LET_TIME_PASS);
        return { apply: () => undefined };
      case "fold the counts":
        await rows(this.#pool, foldCounts);
        return { apply: () => undefined };
    }
  }

  async #enqueue(wishes: readonly Wish[], commits: boolean): Promise<Effect> {
    const client = await this.#db.connect();
    try {
      await client.query("begin");
      await this.#store.enqueue(client, wishes.map(itemOf));
      await client.query(commits ? "commit" : "rollback");
    } finally {
      client.release();
    }
    return { apply: (its) => (commits ? its.enqueue(wishes) : undefined) };
  }

  // --- Work ---

  /** From the claim until the engine call, as in the gatherer. */
  async #claim(worker: Worker | undefined, jobs: number, begins: boolean): Promise<Effect | undefined> {
    if (worker === undefined) return undefined;
    const { rows: claimed } = await this.#db.query<{ id: string; batch: string }>(CLAIM, [worker.nodeId, jobs]);
    if (claimed.length === 0) return undefined;
    const loaded = await loadBatchesById(
      this.#pool,
      claimed.map(({ batch }) => batch),
    );
    const hand: Hand = { nodeId: worker.nodeId, batches: [], jobIds: [], isBegun: begins };
    const settled: InHand[] = [];
    const done: string[] = [];
    for (const { id, batch: batchId } of claimed) {
      const batch = loaded.get(batchId);
      if (batch !== undefined && (await this.#isToBegin(batch, settled))) {
        hand.batches.push(batch);
        hand.jobIds.push(id);
      } else done.push(id);
    }
    await this.#db.query(COMPLETE, [done]);
    if (begins) {
      const ids = hand.batches.map(({ id }) => id);
      const standing = await markBatchesStarted(this.#pool, ids, worker.nodeId);
      const lost = hand.jobIds.filter((_, at) => !standing.has(ids[at] ?? ""));
      await this.#db.query(COMPLETE, [lost]);
      hand.jobIds = hand.jobIds.filter((id) => !lost.includes(id));
      hand.batches = hand.batches.filter(({ id }) => standing.has(id));
    }
    if (hand.batches.length > 0) worker.hands.push(hand);
    return {
      apply: (its) => its.settle(settled, []),
      check: (its) =>
        [...loaded.values()].flatMap(({ items, crashes }) => items.flatMap((item) => wrongLoad(its, item, crashes))),
    };
  }

  /** Settles texts at once that need no engine call. */
  async #isToBegin(batch: LoadedBatch, settled: InHand[]): Promise<boolean> {
    if (batch.items.length > 0 && batch.isPaused && (await park(this.#pool, [batch.id])).has(batch.id)) return false;
    const isSuspect = batch.crashes >= SUSPECT_CRASHES && batch.items.length > 1;
    if (batch.items.length > 0 && !isSuspect && batch.crashes < DEADLY_CRASHES) return true;
    const answers: Answer[] = [isSuspect ? "released" : "failed"];
    settled.push(...(await this.#settle([batch], answers, [], isSuspect)));
    return false;
  }

  async #settleOwn(
    worker: Worker | undefined,
    which: number,
    answers: readonly Answer[],
    completes: boolean,
  ): Promise<Effect | undefined> {
    const hand = worker && chosen(worker.hands, which);
    if (worker === undefined || hand === undefined) return undefined;
    // A worker that dies between the two commits is found dead with nothing begun.
    if (completes) worker.hands = worker.hands.filter((its) => its !== hand);
    return this.#settleHand(hand, answers, completes);
  }

  async #settleLate(
    hand: Hand | undefined,
    answers: readonly Answer[],
    completes: boolean,
  ): Promise<Effect | undefined> {
    return hand && this.#settleHand(hand, answers, completes);
  }

  async #settleHand(hand: Hand, answers: readonly Answer[], completes: boolean): Promise<Effect> {
    const calls = [randomUUID()];
    const inHand = await this.#settle(hand.batches, answers, calls, false);
    if (completes) await this.#db.query(COMPLETE, [hand.jobIds]);
    this.#remember(hand);
    return { apply: (its) => its.settle(inHand, calls) };
  }

  async #settle(
    batches: readonly LoadedBatch[],
    answers: readonly Answer[],
    callIds: readonly string[],
    apart: boolean,
  ): Promise<InHand[]> {
    let at = 0;
    const settled = batches.map(
      (batch): SettledBatch => ({
        batch,
        ...(apart && { partItems: 1 }),
        outcomes: batch.items.map((item) => {
          at += 1;
          return this.#outcome(item, answers[at % answers.length] ?? "good");
        }),
      }),
    );
    const [first] = batches;
    const calls = first === undefined ? [] : callIds.map((callId) => ({ ...CALL, callId, batch: first }));
    await patiently(() => settleBatches(this.#pool, settled, calls));
    return settled.flatMap(({ batch, outcomes }) =>
      batch.items.map((item, place) => ({
        name: nameOf(item),
        revision: item.revision,
        attempt: batch.attempt,
        crashes: batch.crashes,
        errors: item.history.map(({ message }) => message),
        outcome: outcomes[place] ?? { kind: "released" },
      })),
    );
  }

  /** Every answer is distinct from every other. */
  #outcome({ text, key }: LoadedItem, answer: Answer): WorkOutcome {
    this.#serial += 1;
    const error = {
      at: "2026-01-01T00:00:00.000Z",
      engine: "test",
      code: "TH_ENGINE_TRANSIENT",
      message: `No ${this.#serial}`,
    };
    const answered = `${key.targetLocale}: ${text} #${this.#serial}`;
    switch (answer) {
      case "good":
        return { kind: "translated", text: answered, engine: "test", model: null };
      case "by pseudo":
        return { kind: "translated", text: answered, engine: "pseudo", model: null };
      case "again":
        return { kind: "retry", error, delayMs: 0, split: false };
      case "malformed":
        return { kind: "retry", error, delayMs: 0, split: true };
      case "again later":
        return { kind: "retry", error, delayMs: DAY_MS, split: false };
      case "rate limited":
        return { kind: "postponed", delayMs: HOUR_MS };
      case "failed":
        return { kind: "failed", error };
      case "over budget":
        return { kind: "parked", waitsFor: "budget", delayMs: DAY_MS };
      case "paused":
      case "released":
        return { kind: answer };
    }
  }

  #remember(hand: Hand): void {
    this.#late = [hand, ...this.#late.filter((other) => other !== hand)].slice(0, MEMORY);
  }

  /** The worker is gone, or declared dead while it lives: it may still settle the work that it holds. */
  async #crash(worker: Worker | undefined): Promise<Effect | undefined> {
    if (worker === undefined) return undefined;
    const at = this.#workers.indexOf(worker);
    if (at < 0) return undefined;
    this.#dead.push(worker);
    for (const hand of worker.hands) this.#remember(hand);
    // Its place first: the same worker may be made to crash again at the same moment.
    this.#workers.splice(at, 1);
    this.#workers.push(await this.#hire());
    return { apply: () => undefined };
  }

  async #rescue(worker: Worker | undefined): Promise<Effect | undefined> {
    if (worker === undefined) return undefined;
    const [declared] = await rows(this.#pool, releaseNode, [worker.nodeId, "0", true]);
    this.#dead = this.#dead.filter((other) => other !== worker);
    const begun = worker.hands
      .filter(({ isBegun }) => isBegun)
      .flatMap(({ batches }) => batches.flatMap(({ items }) => items))
      .map((item) => ({ name: nameOf(item), revision: item.revision }));
    return { apply: (its) => (declared?.is_gone ? its.crash(begun) : undefined) };
  }

  // --- People ---

  async #approve(
    { revision: current, ...name }: RowName & { revision: number | undefined },
    isOwnText: boolean,
    read: "any" | "current" | "old",
  ): Promise<Effect> {
    this.#serial += 1;
    const text = isOwnText ? `${name.locale}: by a person #${this.#serial}` : undefined;
    const revision = read === "any" || current === undefined ? undefined : current - (read === "old" ? 1 : 0);
    const approval: Approval = { reference: referenceOf(name), text, revision };
    const told = await this.#store.approve(approval).then(
      () => undefined,
      (error: unknown) => {
        const code = (error as { code?: string }).code;
        if (code !== "TH_NOT_FOUND" && code !== "TH_REVISION_CHANGED") throw error;
        return code;
      },
    );
    return { told, apply: (its) => its.approve(name, text, revision) };
  }

  // --- The end ---

  /** Ends all faults, and has the rest translated. Yields the effects of this. */
  async *drain(model: Model, by: "steps" | "the product"): AsyncGenerator<Effect> {
    await this.#store.resume({});
    yield* this.#one({ kind: "register the inbox" }, model);
    while (this.#dead.length > 0) yield* this.#one({ kind: "rescue", worker: 0 }, model);
    const release: SingleStep = { kind: "settle", worker: 0, hand: 0, answers: ["released"], completes: true };
    while (this.#busyWorkers.length > 0) yield* this.#one(release, model);
    // Ends with the last batch; jobs of deleted batches may be left, and end when they are claimed.
    if (by === "the product") yield await this.#work();
    const steps: SingleStep[] = [
      { kind: "time passes" },
      { kind: "claim", worker: 0, jobs: 10, begins: true },
      { kind: "settle", worker: 0, hand: 0, answers: ["good"], completes: true },
    ];
    for (let round = 0; await this.#hasWork(); round += 1) {
      if (round > 20) throw new Error(`There is work left that nobody can do: ${JSON.stringify(await this.left())}`);
      for (const step of steps) yield* this.#one(step, model);
    }
  }

  async *#one(step: SingleStep, model: Model): AsyncGenerator<Effect> {
    const effect = await this.take(step, model);
    if (effect !== undefined) yield effect;
  }

  async #hasWork(): Promise<boolean> {
    const { rows: left } = await this.#db.query(
      "select from graphile_worker.jobs where task_identifier like 'translate:%' limit 1",
    );
    return left.length > 0;
  }

  /** A real worker. */
  async #work(): Promise<Effect> {
    await this.#db.query(LET_TIME_PASS);
    const inHand: InHand[] = [];
    const calls: string[] = [];
    await this.#store.work({ until: "empty", concurrency: 2, maxItems: 5 }, async (batch) => {
      const callId = randomUUID();
      calls.push(callId);
      const outcomes = batch.items.map((item) => this.#outcome(item as LoadedItem, "good"));
      for (const [at, item] of batch.items.entries()) {
        const outcome = outcomes[at] ?? { kind: "released" };
        inHand.push({
          name: nameOf(item as LoadedItem),
          revision: item.revision,
          attempt: 0,
          crashes: 0,
          errors: [],
          outcome,
        });
      }
      return { outcomes, calls: [{ ...CALL, callId }] };
    });
    return { apply: (its) => its.settle(inHand, calls) };
  }

  /** The remaining work, in batches and jobs. */
  async left(): Promise<unknown> {
    const { rows: left } = await this.#db.query(
      `select
         (select coalesce(jsonb_agg(b), '[]') from trans_hub.batch as b) as batches,
         (select coalesce(jsonb_agg(i), '[]') from trans_hub.inbox as i) as inbox,
         (
           select coalesce(jsonb_agg(j), '[]') from graphile_worker.jobs as j where j.task_identifier like 'translate:%'
         ) as jobs`,
    );
    return left[0];
  }

  async look(): Promise<Look> {
    type Seen = Picture["rows"][number] & { revision: number };
    const { rows: looked } = await this.#db.query<{ picture: Omit<Picture, "rows"> & { rows: Seen[] } }>(PICTURE);
    const { rows: seen, ...rest } = looked[0]?.picture ?? { rows: [], uses: [], calls: 0 };
    return {
      picture: { ...rest, rows: seen.map(({ revision: _, ...row }) => row) },
      revisions: seen.map(({ revision, project, text, context, locale }) => ({
        ...{ revision, project, text, context, locale },
      })),
    };
  }
}

const CALL = {
  ...{ engine: "test", model: null, items: 1, inputTokens: 1, outputTokens: 1, cachedTokens: 0 },
  ...{ latencyMs: 1, outcome: "ok" },
};

function chosen<Value>(values: readonly Value[], which: number): Value | undefined {
  return values[which % Math.max(1, values.length)];
}

function nameOf({ key, text, context }: LoadedItem): RowName {
  const canonical = context === null ? null : JSON.stringify(context);
  return { project: key.project, text, context: canonical, locale: key.targetLocale };
}

function wrongLoad(model: Model, item: LoadedItem, crashes: number): string[] {
  const name = nameOf(item);
  const given = {
    revision: item.revision,
    attempt: item.attempt - 1,
    crashes,
    errors: item.history.map(({ message }) => message),
  };
  const expected = model.toLoad(name);
  if (JSON.stringify(given) === JSON.stringify(expected && { ...given, ...expected })) return [];
  return [`${idOf(name)} was given to a worker as ${JSON.stringify(given)} instead of ${JSON.stringify(expected)}`];
}

function itemOf({ project, businessId, text, context, locales, priority, force }: Wish): RegisterItem {
  return {
    ...{ project, businessId, text, context, priority, force, sourceLocale: "en", targetLocales: [...locales] },
    format: "auto",
    verbatim: isVerbatim(text),
    expiresAfterSeconds: null,
  };
}

function referenceOf({ project, text, context, locale }: RowName): NamedReference {
  return { project, text, context, targetLocale: locale, sourceLocale: "en", format: "auto" };
}

/** As in the worker: repeats what the database refused for the moment. */
async function patiently(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (tries === 5 || !/^(40001|40P01|55P03)$/.test(errorCode(error) ?? "")) throw error;
    }
  }
}
