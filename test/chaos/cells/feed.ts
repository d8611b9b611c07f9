/** The feed of events, under everything that could make a reader miss a change, or see it twice or in a wrong order. */
import { availableParallelism, loadavg } from "node:os";
import { Coordinator } from "@trans-hub/core";
import pg from "pg";
import { type Away, awayNow, Crew, type Member } from "../feed/crew.ts";
import { LEDGER, nextXid, readChanges, readRows } from "../feed/ledger.ts";
import { judgeFeed, p99, type Told } from "../feed/oracle.ts";
import { FeedServer } from "../feed/servers.ts";
import { openReceiver, type Receiver } from "../feed/webhook.ts";
import type { Scene } from "../scene.ts";
import type { Cell } from "./cell.ts";

/** The greatest lag of a reader that 99 of 100 acknowledged changes may have, with a stranger's transaction open. */
const LAG_MS = 500;

/** The most time of a server's end. */
const STOP_MS = 10_000;

interface Watch {
  crew: Crew;
  after: string;
  openXid: string;
  strangers: pg.Client[];
  /** Times at which nobody can read. */
  away: Away[];
  servers: FeedServer[];
  receiver: Receiver;
}
const watches = new WeakMap<Scene, Watch>();

export const feed: Cell = {
  name: "feed",
  what: "readers of the feed beside reviewers, forgetters and sequencers, under kill -9, ended connections, a crash and strangers' transactions",
  isAllKept: false,
  hasBacklog: true,
  scene: (seconds) => ({
    workers: seconds < 20 ? 2 : 8,
    producers: seconds < 20 ? 2 : 4,
    load: { chunk: 10, everyMs: seconds < 20 ? 200 : 400 },
    env: { TH_MAX_CONNECTIONS: "5" },
    postgres: { settings: ["max_prepared_transactions=10"] },
  }),
  async trouble(scene) {
    await scene.db.query(LEDGER);
    const watch = await open(scene);
    const { crew, away } = watch;
    const acts = [
      () =>
        scene.strike("kill -9", { endsCalls: true }, () =>
          scene.fleet.replace(scene.oneOf(scene.fleet.workers), "SIGKILL"),
        ),
      () => scene.oneOf(crew.members.filter(({ options }) => options.role === "sequencer")).replace(),
      () => scene.oneOf(crew.readers).replace(),
      () => scene.oneOf(crew.others).replace(),
      () => replaceServer(scene, watch),
      () => scene.strike("pg_terminate_backend", { endsCalls: true }, () => terminate(scene, watch)),
      () => scene.strike("pg_terminate_backend", { endsCalls: true }, () => terminate(scene, watch)),
    ];
    for (let round = 0; scene.isLoaded; round += 1) {
      await scene.pass(scene.between(300, 1_200));
      if (round % 20 === 3) {
        const from = awayNow().from;
        await scene.strike("PostgreSQL crash", { endsCalls: true }, () => scene.postgres.restart("crash"));
        away.push({ from, to: awayNow().to });
        await holdStrangers(scene, watch);
      } else await scene.oneOf(acts)();
    }
  },
  async afterwards(scene) {
    const watch = watches.get(scene);
    if (watch === undefined) return;
    try {
      await judge(scene, watch);
    } finally {
      watch.crew.kill();
      for (const server of watch.servers) server.kill();
      await watch.receiver.close();
      await Promise.all(watch.strangers.map((client) => client.end().catch(() => undefined)));
    }
  },
};

async function open(scene: Scene): Promise<Watch> {
  const hub = await Coordinator.connect({ databaseUrl: scene.postgres.url, sourceLocale: "en", maxConnections: 2 });
  try {
    const { next: after } = await hub.events({ after: "now", project: null });
    const openXid = await nextXid(scene.db);
    const crew = new Crew({ databaseUrl: scene.postgres.url, locales: [...scene.locales], after });
    const isShort = scene.options.seconds < 20;
    const servers = await Promise.all(
      Array.from({ length: isShort ? 1 : 2 }, () => FeedServer.start(scene.postgres.url)),
    );
    const receiver = await openReceiver(hub, scene.db, Math.random);
    const watch: Watch = { crew, after, openXid, strangers: [], away: [], servers, receiver };
    watches.set(scene, watch);
    for (const limit of isShort ? [1, 1_000] : [1, 7, 50, 333, 1_000]) crew.add("reader", { limit });
    crew.add("follower");
    crew.add("stream", { serverUrl: servers[0]?.url });
    for (const role of isShort
      ? (["sequencer", "sequencer", "reviewer", "writer", "writer", "forgetter"] as const)
      : ([
          "sequencer",
          "sequencer",
          "sequencer",
          "reviewer",
          "reviewer",
          "writer",
          "writer",
          "writer",
          "forgetter",
        ] as const)) {
      crew.add(role);
    }
    await holdStrangers(scene, watch);
    return watch;
  } finally {
    await hub.close();
  }
}

/** A writing transaction in another database, a prepared one, and a reader with an old snapshot: all stay open. */
async function holdStrangers(scene: Scene, watch: Watch): Promise<void> {
  await scene.db.query("create database stranger").catch(() => undefined);
  const other = scene.postgres.url.replace(/postgres$/, "stranger");
  for (const [url, statements] of [
    [
      other,
      ["create table if not exists t (n int)", "begin", "insert into t values (1)", "select pg_current_xact_id()"],
    ],
    [
      scene.postgres.url,
      [
        "begin",
        "insert into chaos.app values (-1 - (random() * 1e9)::int)",
        `prepare transaction 'p${watch.strangers.length}'`,
      ],
    ],
    [scene.postgres.url, ["begin isolation level repeatable read", "select count(*) from trans_hub.event"]],
  ] as const) {
    const client = new pg.Client({ connectionString: url, application_name: "" });
    client.on("error", () => undefined);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    watch.strangers.push(client);
  }
}

/** The streams of a killed server end, and go on at the next one. */
async function replaceServer(scene: Scene, { servers, crew }: Watch): Promise<void> {
  const server = scene.oneOf(servers);
  const streams = crew.readers.filter(({ options }) => options.serverUrl === server.url);
  const { from } = awayNow();
  await server.replace();
  for (const { away } of streams) away.push({ from, to: awayNow().to });
}

async function terminate({ db }: Scene, { crew }: Watch): Promise<void> {
  const { rows } = await db.query<{ name: string }>(`
    select victim.name, pg_terminate_backend(pid) from (
      select pid, application_name as name from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> ''
      order by random() limit 1
    ) as victim`);
  // A server has no name of its own.
  for (const member of crew.readers) {
    const isStruck = ({ name }: { name: string }) =>
      name === `chaos-${member.name}` || member.options.role === "stream";
    if (rows.some(isStruck)) member.isAway();
  }
}

async function judge(scene: Scene, { crew, after, openXid, away, servers, receiver }: Watch): Promise<void> {
  crew.order(crew.others, "stop");
  await Promise.all(
    crew.others.map(
      ({ child }) =>
        new Promise((resolve) =>
          (child.exitCode ?? child.signalCode) === null ? child.once("exit", resolve) : resolve(undefined),
        ),
    ),
  );
  await scene.until("what the reviewers left is translated", 60, async () => {
    const { rows } = await scene.db.query("select from trans_hub.translation where status = 'pending' limit 1");
    return rows.length === 0;
  });
  const hub = await Coordinator.connect({ databaseUrl: scene.postgres.url, sourceLocale: "en", maxConnections: 2 });
  const replayed: Told[] = [];
  try {
    await scene.until("every event has a position", 30, async () => {
      await scene.db.query("select trans_hub.sequence_events(1000)");
      return (await scene.db.query("select from trans_hub.event_queue limit 1")).rows.length === 0;
    });
    for (let cursor = after, isLast = false; !isLast; ) {
      const page = await hub.events({ after: cursor, project: null, limit: 1_000 });
      replayed.push(...page.events);
      ({ next: cursor, isLast } = page);
    }
  } finally {
    await hub.close();
  }
  const end = replayed.at(-1)?.position ?? 0;
  await scene.until("every reader reaches the end of the feed", 60, async () =>
    crew.readers.every(({ position }) => position >= end),
  );
  await scene.until("the webhook reaches the end of the feed", 120, () => receiver.hasReached(end));
  crew.order(crew.readers, "stop");
  for (const { code, ms } of await Promise.all(servers.map((server) => server.stop()))) {
    if (code !== 0 || ms > STOP_MS)
      scene.violations.push(`a server ended with ${code} ${Math.round(ms)} ms after SIGTERM`);
  }
  const changes = await readChanges(scene.db, openXid);
  const rows = await readRows(scene.db);
  scene.violations.push(...judgeFeed({ changes, streams: crew.readers.map(({ stream }) => stream), replayed, rows }));
  scene.violations.push(...receiver.judge(replayed));
  scene.violations.push(...new Set(crew.faults));
  const committed = new Set(changes.map(({ key, revision }) => `${key} ${revision}`));
  const unknown = [...crew.acked.keys()].filter((word) => !committed.has(word));
  if (unknown.length > 0) scene.violations.push(`${unknown.length} acknowledged approvals are not in the ledger`);
  const lagOf = (readers: readonly Member[]) => p99(crew.lags(away, readers));
  // A reader of one event a page is behind by its round trips, and not by the feed.
  const swift = crew.readers.filter(({ options }) => options.limit !== 1);
  const lags = crew.lags(away, swift);
  const lag = p99(lags);
  const bound = LAG_MS * Math.max(1, 2 * ((loadavg()[0] ?? 0) / availableParallelism()) - 1);
  if (lags.length === 0) scene.violations.push("no lag was measured");
  if (lag > bound) scene.violations.push(`99 of 100 changes came to readers within ${Math.round(lag)} ms only`);
  scene.notes.push(
    `${replayed.length} events of ${changes.length} changes to ${crew.readers.length} readers; ${crew.acked.size} acknowledged approvals, ` +
      `behind by ${Math.round(lag)} ms (p99 of ${lags.length}; half of them ${Math.round(median(lags))} ms; ` +
      `${crew.readers.map((reader) => `${reader.name} ${Math.round(lagOf([reader]))}`).join(", ")}), load ${loadavg()[0]?.toFixed(1)}`,
    receiver.note(),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
