/**
 * One member of the fleet: its beat, and its eye on the others' beats.
 *
 * A beat counts up, and notes the time of the fleet, which passes only while somebody's beats go through (see
 * `fleet_clock`): after an outage of the database nobody looks dead, and nobody's clock says anything about another's. A
 * node without a beat for `rescueAfterMs` of that time is given up; after half of it already when its connection has ended too. The silence is kept in the database, so that those
 * who notice it need not have lived through it.
 */
import { hostname } from "node:os";
import { DatabaseUnavailableError } from "../../../contract/errors.ts";
import { version } from "../../../version.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { beat, enterFleet, giveUpNode, listSilent, listStrayPools } from "./node.sql.ts";

export interface FleetNodeOptions {
  pool: ConnectionPool;
  /** graphile-worker's pool id: random, made anew at every start. Never a host's or a pod's name. */
  nodeId: string;
  locales: readonly string[] | undefined;
  concurrency: number;
  /** Milliseconds between beats, and between looks at the others. */
  beatMs: number;
  /** Milliseconds of the fleet's time without a beat after which another node counts as dead. */
  rescueAfterMs: number;
  /** The others gave this node up: whatever it holds is theirs now. */
  onDeclaredDead(): void;
  /** A promoted standby has taken the place of the database, without the last commits if it was asynchronous. */
  onFailover(): void;
  onRescued(nodeId: string): void;
  /** After every beat that went through. */
  onBeat(): void;
  /** A beat, or a look at the others, that did not go through. */
  onFault(error: Error): void;
}

/** A look at pools without a row costs a scan of the jobs; one in so many beats is enough. */
const STRAY_LOOK_EVERY = 5;

export class FleetNode {
  readonly #options: FleetNodeOptions;
  /** Pools without a row, with `performance.now()` of when they were first seen. */
  readonly #strays = new Map<string, number>();
  #beats = 0;
  #timeline: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  /** One at a time. */
  #look: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: FleetNodeOptions) {
    this.#options = options;
  }

  /** Enters the fleet and starts to beat. */
  async start(): Promise<void> {
    const { pool, nodeId, locales, concurrency } = this.#options;
    const [entered] = await rows(pool, enterFleet, [
      nodeId,
      hostname(),
      process.pid,
      version,
      locales ?? null,
      concurrency,
    ]);
    // Known before the first claim: no failover of a claim goes unnoticed.
    this.#timeline = entered?.timeline;
    this.#schedule();
  }

  /** Stops beating; the row stays until `leave`. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#look;
  }

  /** Gives back in order what the pool may still hold, and takes its row. Nobody is charged with a crash. */
  async leave(): Promise<void> {
    await this.stop();
    await rows(this.#options.pool, giveUpNode, [this.#options.nodeId, null, false]);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const { beatMs, rescueAfterMs, onFault } = this.#options;
    this.#timer = setTimeout(() => {
      // As long without an answer, and the others take us for dead.
      const overdue = setTimeout(() => onFault(new DatabaseUnavailableError("No beat goes through")), rescueAfterMs);
      this.#round = this.#beatOnce()
        .catch((error) => onFault(error))
        .finally(() => {
          clearTimeout(overdue);
          this.#schedule();
        });
    }, beatMs);
  }

  async #beatOnce(): Promise<void> {
    const { pool, nodeId, rescueAfterMs, onBeat, onDeclaredDead, onFailover } = this.#options;
    // One late beat alone never makes anybody look dead. After as long without an answer, the others take us for dead:
    // soon enough to give the connection up, and what is idle beside it.
    const [own] = await rows(pool, { ...beat, answerTimeoutMs: Math.max(1_000, rescueAfterMs) }, [
      nodeId,
      rescueAfterMs / 3,
    ]);
    if (this.#isStopped) return;
    if (own === undefined) {
      this.#isStopped = true;
      onDeclaredDead();
      return;
    }
    this.#beats += 1;
    onBeat();
    if (this.#timeline !== own.timeline) {
      this.#timeline = own.timeline;
      onFailover();
    }
    // Beside the beat: what a look waits for must not silence the one who looks.
    this.#look ??= this.#lookAtOthers()
      .catch((error) => this.#options.onFault(error))
      .finally(() => {
        this.#look = undefined;
      });
  }

  async #lookAtOthers(): Promise<void> {
    const { pool, nodeId, rescueAfterMs } = this.#options;
    for (const silent of await rows(pool, listSilent, [nodeId, rescueAfterMs])) {
      await this.#rescue(silent.node_id, silent.beat);
    }
    if (this.#beats % STRAY_LOOK_EVERY === 0) await this.#lookAtStrays();
  }

  async #lookAtStrays(): Promise<void> {
    const { pool, rescueAfterMs } = this.#options;
    const now = performance.now();
    const present = new Set((await rows(pool, listStrayPools)).map(({ node_id }) => node_id));
    for (const known of this.#strays.keys()) if (!present.has(known)) this.#strays.delete(known);
    for (const stray of present) {
      const seenAt = this.#strays.get(stray) ?? now;
      this.#strays.set(stray, seenAt);
      if (now - seenAt >= rescueAfterMs) await this.#rescue(stray, null);
    }
  }

  async #rescue(nodeId: string, seen: string | null): Promise<void> {
    const [result] = await rows(this.#options.pool, giveUpNode, [nodeId, seen, true]);
    this.#strays.delete(nodeId);
    if (result?.is_gone) this.#options.onRescued(nodeId);
  }
}
