/**
 * The smallest experiment that could prove the design of budgets wrong: concurrent reservers and settlers on a real
 * PostgreSQL, with killed sessions, aborted transactions, late settlements and a rescuer. See docs/adr/0049-budgets.md.
 *
 *     node test/bench/budget-holds.ts              each cell for 5 s
 *     node test/bench/budget-holds.ts --seconds 20
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { startPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";

const { values: options } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
const MS = Number(options.seconds) * 1_000;

const SCHEMA = `
  create table usage (call_id uuid primary key, project text not null, tokens int not null default 0,
    cost numeric, unconfirmed numeric, called_at timestamptz not null default now());
  create table budget (project text, per text, amount numeric not null, primary key (project, per));
  create table budget_period (project text, per text, starts_on date, spent numeric not null default 0,
    primary key (project, per, starts_on));
  create table budget_hold (call_id uuid primary key, project text not null, held_on date not null,
    amount numeric not null, node_id text not null);
  create index on budget_hold (project);
  create table budget_entry (project text not null, counts_on date not null, amount numeric not null);
  create index on budget_entry (project);
  -- The rejected design: each settlement updates one row.
  create table shared_budget (project text primary key, spent numeric not null default 0);

  create function reserve(call uuid, of_project text, wanted numeric, node text) returns text
  language plpgsql volatile as $$
  declare
    today date;
    room numeric;
    entries bigint;
  begin
    perform from budget as b where b.project = of_project order by b.per for no key update;
    if not found then
      return 'free';
    end if;
    -- A new statement, and so a snapshot that holds all that was committed before the lock was had.
    today := (clock_timestamp() at time zone 'UTC')::date;
    -- One statement, and so one snapshot: a settlement that commits between two would be in neither. (Folding in a statement
    -- before this one, and leaving the entries out here, went over the limit.)
    select min(b.amount - coalesce(p.spent, 0) - coalesce((
      select sum(h.amount) from budget_hold as h
      where h.project = of_project and h.held_on >= date_trunc(b.per, today)
    ), 0) - coalesce((
      select sum(e.amount) from budget_entry as e
      where e.project = of_project and e.counts_on >= date_trunc(b.per, today)
    ), 0)), (select count(*) from budget_entry as e where e.project = of_project) into room, entries
    from budget as b
    left join budget_period as p
      on p.project = b.project and p.per = b.per and p.starts_on = date_trunc(b.per, today)::date
    where b.project = of_project;
    if entries >= FOLD then
      with taken as (
        delete from budget_entry as e where e.project = of_project returning e.counts_on, e.amount
      )
      insert into budget_period (project, per, starts_on, spent)
      select of_project, b.per, date_trunc(b.per, t.counts_on)::date, sum(t.amount)
      from taken as t cross join (select per from budget where project = of_project) as b
      group by 2, 3
      on conflict (project, per, starts_on) do update set spent = budget_period.spent + excluded.spent;
    end if;
    if room < wanted then
      return 'refused';
    end if;
    insert into budget_hold values (call, of_project, today, wanted, node);
    return 'granted';
  end $$;

  -- Books calls that have holds. null in costs: nobody knows the cost.
  create function book_held(calls uuid[], of_project text, costs numeric[]) returns void
  language plpgsql volatile as $$
  begin
    perform from budget_hold as h where h.call_id = any (calls) order by h.call_id for update;
    perform from usage as u where u.call_id = any (calls) order by u.call_id for update;
    with call as (
      select * from unnest(calls, costs) as c (call_id, cost)
    ), freed as (
      delete from budget_hold as h using call as c where h.call_id = c.call_id
      returning h.call_id, h.project, h.held_on, h.amount, c.cost
    ), booked as (
      insert into usage (call_id, project, cost, unconfirmed)
      select f.call_id, f.project, f.cost, case when f.cost is null then f.amount end from freed as f
    ), late as (
      select u.call_id, u.unconfirmed, c.cost, (u.called_at at time zone 'UTC')::date as day
      from usage as u join call as c using (call_id)
      where u.unconfirmed is not null and c.cost is not null
    ), corrected as (
      update usage as u set cost = l.cost, unconfirmed = null from late as l where u.call_id = l.call_id
    )
    insert into budget_entry
    select f.project, f.held_on, coalesce(f.cost, f.amount) from freed as f
    union all
    select of_project, l.day, l.cost - l.unconfirmed from late as l;
  end $$;

  create function rescue(node text) returns bigint language plpgsql volatile as $$
  declare
    n bigint;
  begin
    with dead as materialized (
      select h.call_id from budget_hold as h where h.node_id = node order by h.call_id for update skip locked
    ), freed as (
      delete from budget_hold as h using dead as d where h.call_id = d.call_id
      returning h.call_id, h.project, h.held_on, h.amount
    ), booked as (
      insert into usage (call_id, project, unconfirmed) select f.call_id, f.project, f.amount from freed as f
    ), counted as (
      insert into budget_entry select f.project, f.held_on, f.amount from freed as f
    )
    select count(*) into n from freed;
    return n;
  end $$;
`;

const server = await startPostgres(["fsync=on", "max_connections=200"]);
const pool = new pg.Pool({ connectionString: server.url, max: 100, options: "-c lock_timeout=5000" });
pool.on("error", () => undefined);
pool.on("connect", (client) => client.on("error", () => undefined));

const value = async (text: string, values: unknown[] = []) =>
  Object.values((await pool.query(text, values)).rows[0] ?? {})[0];
const query = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
const reserve = async (call: string, wanted: number, node = "n") =>
  (await query("reserve", "select reserve($1, 'p', $2, $3) as r", [call, wanted, node])).rows[0].r as string;
const book = (calls: string[], costs: (number | null)[]) =>
  query("book", "select book_held($1, 'p', $2)", [calls, costs]);

/** Runs `act` in so many loops for the time of a cell; gives acts a second. */
async function rate(loops: number, act: (loop: number) => Promise<unknown>): Promise<number> {
  let acts = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: loops }, async (_, loop) => {
      while (performance.now() - begin < MS) {
        await act(loop);
        acts += 1;
      }
    }),
  );
  return Math.round((acts * 1_000) / (performance.now() - begin));
}

async function fresh(amount: number): Promise<void> {
  await pool.query("drop schema public cascade; create schema public");
  await pool.query(SCHEMA.replace("FOLD", process.env.FOLD ?? "100"));
  await pool.query("insert into budget values ('p', 'day', $1), ('p', 'month', $1 * 1000)", [amount]);
}

// 1. Rates.
for (const loops of [8, 16]) {
  await fresh(1e12);
  const full = await rate(loops, async () => {
    const call = randomUUID();
    await reserve(call, 0.01);
    await book([call], [0.003]);
  });
  await fresh(1e12);
  const pairs = await rate(loops, async () => {
    const call = randomUUID();
    await query("asynchronous", "select set_config('synchronous_commit', 'off', false)", []);
    await reserve(call, 0.01);
    await book([call], [0.003]);
  });
  await fresh(1e12);
  const bare = await rate(loops, () =>
    query("usage", "insert into usage (call_id, project, cost) values ($1, 'p', 0.003)", [randomUUID()]),
  );
  const shared = await rate(loops, () =>
    query(
      "shared",
      `with u as (insert into usage (call_id, project, cost) values ($1, 'p', 0.003))
       insert into shared_budget values ('p', 0.003)
       on conflict (project) do update set spent = shared_budget.spent + excluded.spent`,
      [randomUUID()],
    ),
  );
  await fresh(1e12);
  // Holds made beforehand: the settlement alone.
  const ready: string[] = [];
  await pool.query(
    "insert into budget_hold select gen_random_uuid(), 'p', (now() at time zone 'UTC')::date, 0.01, 'n' from generate_series(1, 200000)",
  );
  for (const { call_id } of (await pool.query("select call_id from budget_hold")).rows) ready.push(call_id);
  const settled = await rate(loops, () => book([ready.pop() as string], [0.003]));
  const beside = { done: false };
  await pool.query("truncate budget_hold");
  const all = await Promise.all([
    rate(loops, () =>
      query("usage", "insert into usage (call_id, project, cost) values ($1, 'p', 0.003)", [randomUUID()]),
    ),
    rate(4, () => reserve(randomUUID(), 1e-9)),
  ]);
  beside.done = true;
  console.log(
    JSON.stringify({
      loops,
      reserveAndSettle: full,
      reserveAndSettleAsynchronous: pairs,
      ledgerOnly: bare,
      sharedRow: shared,
      settleWithHold: settled,
      ledgerBesideFourReservers: all[0],
      reserversBesideLedger: all[1],
    }),
  );
}

// 2. Rounds to the end of a budget, without kills: the bill of calls that cost all of their hold.
const rounds = { rounds: 0, overLimit: 0, worst: 0 };
for (const begin = performance.now(); performance.now() - begin < MS; ) {
  await fresh(0.1);
  let bill = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (;;) {
        const call = randomUUID();
        if ((await reserve(call, 0.001)) !== "granted") return;
        bill += 1;
        await book([call], [0.001]);
      }
    }),
  );
  rounds.rounds += 1;
  if (bill > 100) rounds.overLimit += 1;
  rounds.worst = Math.max(rounds.worst, bill / 1_000);
}
console.log(JSON.stringify(rounds));

// 3. Never over the limit, with kills, aborts, a rescuer and late settlements.
await fresh(1);
let billed = 0;
let granted = 0;
let over = 0;
let errors = 0;
let late = 0;
const billedOf = new Map<string, number>();
const end = performance.now() + 4 * MS;
const check = async () => {
  const all = Number(
    await value(`select coalesce((select sum(spent) from budget_period where per = 'day'), 0)
      + coalesce((select sum(amount) from budget_entry), 0) + coalesce((select sum(amount) from budget_hold), 0)`),
  );
  if (all > (await limitNow()) + 1e-9) over += 1;
};
const killer = (async () => {
  while (performance.now() < end) {
    await pool
      .query(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend' order by random() limit 2",
      )
      .catch(() => undefined);
    await new Promise((next) => setTimeout(next, 150));
  }
})();
let node = 0;
const rescuer = (async () => {
  while (performance.now() < end) {
    await new Promise((next) => setTimeout(next, 100));
    const dead = node;
    node += 1; // every node dies young
    await pool.query("select rescue($1)", [`n${dead}`]).catch(() => undefined);
    await check().catch(() => undefined);
  }
})();
// What a person frees, so that the cell does not end with its first hundred calls.
const freer = (async () => {
  while (performance.now() < end) {
    await new Promise((next) => setTimeout(next, 500));
    await pool
      .query(
        "update budget set amount = amount + 0.5 where per = 'day'; update budget set amount = amount where per = 'month'",
      )
      .catch(() => undefined);
  }
})();
const MICRO = 1e-7;
const limitNow = async () => Number(await value("select amount from budget where per = 'day'"));
let overLimit = 0;
await Promise.all([
  killer,
  rescuer,
  freer,
  ...Array.from({ length: 16 }, async () => {
    while (performance.now() < end) {
      const call = randomUUID();
      const hold = Math.round(2_000 + Math.random() * 10_000) / 1e6;
      let isGranted = false;
      try {
        isGranted = (await reserve(call, hold, `n${node}`)) === "granted";
      } catch {
        errors += 1;
        continue; // the answer is lost: the call is not made, and its hold is rescued
      }
      if (!isGranted) {
        await new Promise((next) => setTimeout(next, 20));
        continue;
      }
      granted += 1;
      // Whole multiples of 10^-6, most often all of the hold, so that an amount counted too little is seen.
      const cost = Math.random() < 0.8 ? hold : Math.floor(hold * 1e6 * Math.random()) / 1e6;
      billed += cost;
      billedOf.set(call, cost);
      await new Promise((next) => setTimeout(next, Math.random() * 20));
      if (Math.random() < 0.1) continue; // kill -9 between the call and its settlement
      for (;;) {
        try {
          const isAborted = Math.random() < 0.1;
          await book([call], [isAborted ? null : cost]);
          if (isAborted) late += 1;
          break;
        } catch {
          errors += 1; // tried again, and perhaps a second time
        }
      }
      if (Math.random() < 0.1) await book([call], [cost]).catch(() => undefined); // settled twice
    }
  }),
  (async () => {
    while (performance.now() < end) {
      await new Promise((next) => setTimeout(next, 50));
      const before = billed;
      const limit = await limitNow().catch(() => undefined);
      if (limit !== undefined && before > limit + MICRO) overLimit += 1;
    }
  })(),
]);
await new Promise((next) => setTimeout(next, 300));
for (let at = 0; at <= node; at += 1) await pool.query("select rescue($1)", [`n${at}`]);
await pool.query("select reserve(gen_random_uuid(), 'p', 1e9, 'x')"); // folds
const [confirmed, unconfirmed, spent, open, limit] = (
  await pool.query(`select (select coalesce(sum(cost), 0) from usage) as a, (select coalesce(sum(unconfirmed), 0) from usage) as b,
    (select coalesce(sum(spent), 0) from budget_period where per = 'day') + (select coalesce(sum(amount), 0) from budget_entry) as c,
    (select count(*) from budget_hold) as d, (select amount from budget where per = 'day') as e`)
).rows.map((row) => Object.values(row))[0] as string[];
let wrong = 0;
for (const { call_id, cost, unconfirmed: left } of (await pool.query("select call_id, cost, unconfirmed from usage"))
  .rows) {
  const real = billedOf.get(call_id);
  if (cost !== null && (left !== null || Math.abs(Number(cost) - (real ?? -1)) > MICRO)) wrong += 1;
}
console.log(
  JSON.stringify({
    granted,
    errors,
    markedUnconfirmed: late,
    billed: billed.toFixed(6),
    confirmed,
    unconfirmed,
    spentOfPeriod: spent,
    sumAgrees: Math.abs(Number(spent) - Number(confirmed) - Number(unconfirmed)) < MICRO || `${spent}`,
    betweenBounds: Number(confirmed) <= billed + 1e-9 && billed <= Number(confirmed) + Number(unconfirmed) + 1e-9,
    openHolds: open,
    limit,
    overLimit,
    wrongRows: wrong,
    looksOverLimit: over,
  }),
);
await pool.end();
await server.stop();
