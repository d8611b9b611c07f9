/**
 * One member of the fleet: it sends heartbeats, and rescues the work of members that stopped sending them.
 *
 * A beat raises a counter, and notes the time of the fleet, which passes only while beats of any member go through (see
 * `fleet_clock`). So no member looks dead after an outage of the database, and clocks of two machines are never compared. A
 * node without a beat for `rescueAfterMs` of that time is declared dead; after half of it, if its connection has ended too.
 * The last heartbeat is stored in the database, so a member that has just started can detect a dead one.
 */
import { hostname } from "node:os";
import { DatabaseUnavailableError } from "../../../contract/errors.ts";
import { version } from "../../../version.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { beat, enterFleet, listSilent, listStrayPools, releaseNode } from "./node.sql.ts";

export interface FleetNodeOptions {
  pool: ConnectionPool;
  /** graphile-worker's pool id: random, new at every start. Never the name of a host or a pod. */
  nodeId: string;
  locales: readonly string[] | undefined;
  concurrency: number;
  /** Milliseconds between beats, and between looks at the others. */
  beatMs: number;
  /** Milliseconds of the fleet's time without a beat after which another node counts as dead. */
  rescueAfterMs: number;
  /** The fleet declared this node dead: its batches belong to the others now. */
  onDeclaredDead(): void;
  /** A promoted standby has taken the place of the database, without the last commits if it was asynchronous. */
  onFailover(): void;
  /** A promoted standby has taken the place of the database, without the last commits if it was asynchronous. */
  onFailover(): void;
  onRescued(nodeId: string): void;
  /** After every beat that went through. */
  onBeat(): void;
  /** A beat, or a look at the others, failed. */
  onFault(error: Error): void;
}

/** Beats between looks at pools without a row, each of which scans the jobs. */
const STRAY_LOOK_EVERY = 5;

export class FleetNode {
  readonly #options: FleetNodeOptions;
  /** Pools without a row, with `performance.now()` of when they were first seen. */
  readonly #strays = new Map<string, number>();
  #beats = 0;
  #timeline: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  /** The look at the others that is running: one at a time. */
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

  /** Gives back the jobs that the pool still holds, and removes its row. No batch is charged with a crash. */
  async leave(): Promise<void> {
    await this.stop();
    await rows(this.#options.pool, releaseNode, [this.#options.nodeId, null, false]);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const { beatMs, rescueAfterMs, onFault } = this.#options;
    this.#timer = setTimeout(() => {
      // After rescueAfterMs without an answer, the other members declare this node dead.
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
    // One beat moves the fleet's time on by a third of rescueAfterMs at most, so a single late beat makes no member look dead.
    // After rescueAfterMs without an answer the others declare this node dead: then the connection is closed, and the idle
    // ones beside it.
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
    // Not awaited: a look may wait for a lock, and must not delay the next beat.
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
    const [result] = await rows(this.#options.pool, releaseNode, [nodeId, seen, true]);
    this.#strays.delete(nodeId);
    if (result?.is_gone) this.#options.onRescued(nodeId);
  }
}
