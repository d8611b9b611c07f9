/** What every cell stands on: a server, an engine with a ledger, a fleet, producers; and the book of what was done to them. */
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
import { UNANSWERABLE } from "./texts.ts";

export interface SceneOptions {
  seed: number;
  /** How long it is loaded. */
  seconds: number;
  /** Default 4. */
  workers?: number;
  /** Default 2. */
  producers?: number;
  load?: Partial<ProducerOptions>;
  /** Of the workers. */
  env?: Record<string, string>;
  /** What the engine takes to answer, in milliseconds. Default 150. */
  engineMs?: number;
  /** Of the server. */
  postgres?: { settings?: string[]; env?: Record<string, string> };
  /** Where the engine listens. Default: the loopback. */
  engineHost?: string;
  /** Seconds after which a silent worker is given up. */
  rescueAfterSeconds: number;
  /** At a text that fails. */
  maxAttempts: number;
}

/** Something that was done to the system. Times are milliseconds since the epoch. */
export interface FaultRecord {
  kind: string;
  at: number;
  /** When it was over: when a server accepted connections again, a wire was mended. */
  endedAt: number;
  /** Names of the workers it strikes; undefined: everybody. */
  workers: string[] | undefined;
  /** Whether what those struck have with the engine has to be asked for again. */
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
  /** How far the server's clock was put off, in milliseconds, since when. */
  readonly skews: { from: number; ms: number }[] = [{ from: 0, ms: 0 }];
  /** What a cell wants said in the report. */
  readonly notes: string[] = [];
  /** What a cell found broken, beside what is judged in every cell. */
  readonly violations: string[] = [];
  startedAt = 0;
  /** When the last request was acknowledged, or so. */
  loadedUntil = 0;

  private constructor(options: SceneOptions, postgres: TestPostgres, engine: OpenaiServer, db: pg.Pool) {
    this.options = options;
    this.random = makeRandom(options.seed);
    this.postgres = postgres;
    this.engine = engine;
    this.db = db;
    this.fleet = new Fleet({
      env: {
        TH_DATABASE_URL: postgres.url,
        TH_ENGINES: "openai",
        TH_OPENAI_ENDPOINT: engine.url,
        TH_OPENAI_MODEL: "test-model",
        TH_RESCUE_AFTER_SECONDS: String(options.rescueAfterSeconds),
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
        everyMs: 100,
        ...options.load,
      },
      options.producers ?? 2,
    );
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const { settings = [], env = {} } = options.postgres ?? {};
    const postgres = await startPostgres(["max_connections=400", ...settings], env);
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

  /** The engine's faults from now on, beside those it always has. */
  misbehave(...rules: Rule[]): void {
    this.engine.misbehave(
      ...rules,
      { fault: { kind: "slow", ms: this.options.engineMs ?? 150 } },
      { fault: { kind: "lose_placeholders", match: UNANSWERABLE } },
    );
  }

  async begin(): Promise<void> {
    for (let each = 0; each < (this.options.workers ?? 4); each += 1) this.fleet.start();
    await Promise.all([this.fleet.ready(), this.load.ready()]);
    this.startedAt = Date.now();
  }

  /** Whether the time of the load is not over. */
  get isLoaded(): boolean {
    return Date.now() - this.startedAt < this.options.seconds * 1_000;
  }

  /** Waits, but not beyond the time of the load. */
  async pass(ms: number): Promise<void> {
    const left = this.startedAt + this.options.seconds * 1_000 - Date.now();
    await wait(Math.max(0, Math.min(ms, left)));
  }

  /**
   * Does something to the system, and books it.
   *
   * @param on `workers`: who is struck; default: everybody. `endsCalls`: see {@link FaultRecord}; default: no.
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

  /** When something happened that the server's clock, as it then stood, says was at `at`. */
  realTime(at: number): number {
    // Some seconds wide: a server's processes hear of a jump one after another.
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

  /** Until a condition holds. For what has no event. */
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

  /** The producers end, and the fleet gets through what is left. `look` is called before the fleet ends. */
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
    this.load.kill();
    this.fleet.kill();
    await this.db.end();
    await this.engine.close();
    await this.postgres.stop();
  }
}

/**
 * Every text that is stored, with when: what the tables of the product cannot tell afterwards. And a table of the
 * producers' own.
 */
const INSTRUMENTS = `
  create schema chaos;
  create table chaos.app (number int primary key);
  create table chaos.stored (
    content_no bigint, target_locale text, context_no int, project text, revision int, status text,
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
`;
