/** The base of every cell: a server, an engine with a ledger, a fleet, producers, and a record of the faults. */
import { setTimeout as wait } from "node:timers/promises";
import { applyMigrations } from "@trans-hub/core";
import type { Rule } from "@trans-hub/test-support/openai-faults";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres, type TestPostgres } from "@trans-hub/test-support/postgres";
import { makeRandom } from "@trans-hub/test-support/strings";
import pg from "pg";
import { Fleet, type Worker } from "./fleet.ts";
import { Load } from "./load.ts";
import type { ProducerOptions } from "./producer.ts";
import { type Span, sampleStalls, sinceEpoch } from "./stalls.ts";
import { UNANSWERABLE } from "./texts.ts";

export interface SceneOptions {
  seed: number;
  /** Duration of the load, in seconds. */
  seconds: number;
  /** Default 4. */
  workers?: number;
  /** Default 2. */
  producers?: number;
  load?: Partial<ProducerOptions>;
  /** Environment of the workers. */
  env?: Record<string, string>;
  /** The file that starts the command. Default: that of the sources. */
  bin?: string;
  /** Duration of the engine's answer, in milliseconds. Default 150. */
  engineMs?: number;
  /** Settings of the server. */
  postgres?: { settings?: string[]; env?: Record<string, string> };
  /** Starts the server. Default: one of its own, without a standby. */
  startServer?(settings: readonly string[], env: Record<string, string>): Promise<TestPostgres>;
  /** Host that the engine listens on. Default: the loopback. */
  engineHost?: string;
  /** Seconds after which a silent worker is declared dead. */
  rescueAfterSeconds: number;
  /** Attempts before a text goes to the dead letters. */
  maxAttempts: number;
}

/** A fault of the system. Times are milliseconds since the epoch. */
export interface FaultRecord {
  kind: string;
  at: number;
  /** The end of the fault: when a server accepted connections again, a link was repaired. */
  endedAt: number;
  /** Names of the affected workers; undefined: the whole system. */
  workers: string[] | undefined;
  /** Whether the affected workers' running engine calls are lost, so that their texts must be sent again. */
  endsCalls: boolean;
}

export class Scene {
  readonly options: SceneOptions;
  readonly random: () => number;
  readonly postgres: TestPostgres;
  readonly db: pg.Pool;
  readonly engine: OpenaiServer;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly locales = ["fr", "de"];
  readonly faults: FaultRecord[] = [];
  /** Times whose commits a cell destroys: a request that was acknowledged then may be lost. */
  readonly losable: Span[] = [];
  /** Offsets of the server's clock in milliseconds, each with its start. */
  readonly skews: { from: number; ms: number }[] = [{ from: 0, ms: 0 }];
  /** Notes of a cell for the report. */
  readonly notes: string[] = [];
  /** Broken promises that only a cell can see, beside those checked in every cell. */
  readonly violations: string[] = [];
  /** The times at which the machine did not let the suite's own process run, which is also the engine. */
  readonly stalls: Span[] = [];
  /** The times that PostgreSQL took for a new connection and one small commit, which is what a beat needs. */
  readonly answers: Span[] = [];
  readonly #closing = new AbortController();
  startedAt = 0;
  /** About the time of the last acknowledgement. */
  loadedUntil = 0;

  private constructor(options: SceneOptions, postgres: TestPostgres, engine: OpenaiServer, db: pg.Pool) {
    this.options = options;
    this.random = makeRandom(options.seed);
    this.postgres = postgres;
    this.engine = engine;
    this.db = db;
    this.fleet = new Fleet({
      bin: options.bin,
      env: {
        TH_DATABASE_URL: postgres.url,
        TH_ENGINES: "openai",
        TH_OPENAI_ENDPOINT: engine.url,
        TH_OPENAI_MODEL: "test-model",
        TH_RESCUE_AFTER_SECONDS: String(options.rescueAfterSeconds),
        TH_HEARTBEAT_SECONDS: String(beatSeconds(options)),
        TH_MAX_ATTEMPTS: String(options.maxAttempts),
        TH_METRICS_PORT: "0",
        ...options.env,
      },
    });
    this.load = new Load(
      {
        databaseUrl: postgres.url,
        seed: options.seed,
        locales: this.locales,
        chunk: 20,
        // The seconds of a short run are for the faults: the load of a long one costs the suite minutes of a processor.
        everyMs: options.seconds < 20 ? 200 : 100,
        ...options.load,
      },
      options.producers ?? 2,
    );
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const { settings = [], env = {} } = options.postgres ?? {};
    const postgres = await (options.startServer ?? startPostgres)(["max_connections=400", ...settings], env);
    const engine = await startOpenaiServer(options.engineHost === undefined ? {} : { host: options.engineHost });
    const db = new pg.Pool({ connectionString: postgres.url, max: 4 });
    db.on("error", () => undefined);
    try {
      await applyMigrations({ databaseUrl: postgres.url });
      await db.query(INSTRUMENTS);
      const scene = new Scene(options, postgres, engine, db);
      scene.misbehave();
      return scene;
    } catch (error) {
      await db.end();
      await engine.close();
      await postgres.stop();
      throw error;
    }
  }

  /** Sets the engine's faults from now on, beside its permanent ones. */
  misbehave(...rules: Rule[]): void {
    this.engine.misbehave(
      ...rules,
      { fault: { kind: "slow", ms: this.options.engineMs ?? 150 } },
      { fault: { kind: "nul", match: UNANSWERABLE } },
    );
  }

  async begin(): Promise<void> {
    for (let each = 0; each < (this.options.workers ?? 4); each += 1) this.fleet.start();
    sampleStalls((stall) => this.stalls.push(sinceEpoch(stall)));
    void this.#measureAnswers();
    await Promise.all([this.fleet.ready(), this.load.ready()]);
    this.startedAt = Date.now();
  }

  /** One at a time, so that measuring is no load. */
  async #measureAnswers(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const client = new pg.Client({ connectionString: this.postgres.url, application_name: "" });
      client.on("error", () => undefined);
      const from = Date.now();
      await client
        .connect()
        .then(() => client.query("update chaos.answer set at = clock_timestamp()"))
        .catch(() => undefined);
      this.answers.push({ from, to: Date.now() });
      await client.end().catch(() => undefined);
      await wait(ANSWER_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether the load still runs. */
  get isLoaded(): boolean {
    return Date.now() - this.startedAt < this.options.seconds * 1_000;
  }

  /** Waits, but not beyond the end of the load. */
  async pass(ms: number): Promise<void> {
    const left = this.startedAt + this.options.seconds * 1_000 - Date.now();
    await wait(Math.max(0, Math.min(ms, left)));
  }

  /**
   * Causes a fault, and records it.
   *
   * @param on `workers`: the affected workers; default: the whole system. `endsCalls`: see {@link FaultRecord};
   * default: no.
   */
  async strike(
    kind: string,
    { workers, endsCalls = false }: { workers?: readonly Worker[]; endsCalls?: boolean },
    act: () => Promise<unknown>,
  ): Promise<void> {
    const fault = {
      kind,
      endsCalls,
      at: Date.now(),
      endedAt: Number.POSITIVE_INFINITY,
      workers: workers?.map(({ name }) => name),
    };
    this.faults.push(fault);
    await act();
    fault.endedAt = Date.now();
  }

  /** Converts a time of the server's clock, as set at that moment, into real time. */
  realTime(at: number): number {
    // Some seconds wide: a server's processes notice a jump one after another.
    const during = this.skews.findLast(({ from, ms }, index) => {
      const until = this.skews[index + 1]?.from ?? Number.POSITIVE_INFINITY;
      return at - ms >= from - 3_000 && at - ms <= until + 3_000;
    });
    return at - (during?.ms ?? 0);
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.random() * values.length)] as Value;
  }

  between(from: number, to: number): number {
    return from + this.random() * (to - from);
  }

  /** Polls until a condition holds that no event announces. */
  async until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<boolean> {
    const giveUp = performance.now() + seconds * 1_000;
    for (;;) {
      if (await holds().catch(() => false)) return true;
      if (performance.now() > giveUp) {
        this.violations.push(`${what}: not within ${seconds} s`);
        return false;
      }
      await wait(100);
    }
  }

  /** Ends the producers, and lets the fleet finish the remaining work. `look` is called before the fleet ends. */
  async settle(seconds: number, look: () => Promise<void> | undefined): Promise<void> {
    await this.load.stop();
    this.loadedUntil = Date.now();
    await this.until("everything requested comes to an end", seconds, async () => {
      const { rows } = await this.db.query(`
        select from trans_hub.batch
        union all select from trans_hub.inbox where refused is null
        union all select from trans_hub.translation where status = 'pending'
        limit 1`);
      return rows.length === 0;
    });
    await look();
    const disorderly = await this.fleet.stop();
    for (const worker of disorderly) this.violations.push(`on SIGTERM, not exit 0: ${worker}`);
  }

  async serverVersion(): Promise<string> {
    const { rows } = await this.db.query<{ server_version: string }>("show server_version");
    return rows[0]?.server_version ?? "";
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.load.kill();
    this.fleet.kill();
    await this.db.end();
    await this.engine.close();
    await this.postgres.stop();
  }
}

/** Milliseconds between two measurements of the server's answer. */
const ANSWER_EVERY_MS = 500;

/** As the command sets it by default. */
export function beatSeconds({ rescueAfterSeconds }: Pick<SceneOptions, "rescueAfterSeconds">): number {
  return Math.min(2, rescueAfterSeconds / 5);
}

/**
 * A log of every stored text and of every worker that entered or left the fleet, each with its time, which the product's
 * tables cannot show afterwards; and a table of the producers' own.
 */
const INSTRUMENTS = `
  create schema chaos;
  create table chaos.app (number int primary key);
  create table chaos.answer (at timestamptz);
  insert into chaos.answer values (null);
  create table chaos.node (node_id text, pid int, is_entering boolean, beat_at timestamptz, at timestamptz);
  create table chaos.stored (
    content_no bigint, target_locale text, context_no bigint, project text, revision int, status text,
    at timestamptz
  );
  create function chaos.note_stored() returns trigger language plpgsql security definer as $$
  begin
    insert into chaos.stored
    select new.content_no, new.target_locale, new.context_no, new.project, new.revision, new.status,
      clock_timestamp();
    return null;
  end $$;
  create trigger note_stored after update on trans_hub.translation for each row
    when (new.status in ('translated', 'failed'))
    execute function chaos.note_stored();
  create function chaos.note_node() returns trigger language plpgsql security definer as $$
  declare
    node record;
  begin
    node := case when tg_op = 'INSERT' then new else old end;
    insert into chaos.node values (node.node_id, node.pid, tg_op = 'INSERT', node.beat_at, clock_timestamp());
    return null;
  end $$;
  create trigger note_node after insert or delete on trans_hub.worker_node for each row
    execute function chaos.note_node();
`;
