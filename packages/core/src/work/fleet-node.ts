/**
 * One member of the fleet: its beat, and its eye on the others' beats.
 *
 * A beat is a counter. Whoever watches keeps (node, beat, its own monotonic time of the last change) and declares a node
 * dead after `rescueAfterMs` without one, counted only while its own beats go through: after an outage of the database
 * every beat looks old, and nobody's clock says anything about another's.
 */
import { hostname } from "node:os";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { DatabaseUnavailableError } from "../errors.ts";
import { version } from "../version.ts";
import { beat, enterFleet, giveUpNode, listBeats, listStrayPools } from "./node.sql.ts";

export interface FleetNodeOptions {
  pool: ConnectionPool;
  /** graphile-worker's pool id: random, made anew at every start. Never a host's or a pod's name. */
  nodeId: string;
  locales: readonly string[] | undefined;
  concurrency: number;
  /** Milliseconds between beats, and between looks at the others. */
  beatMs: number;
  /** Milliseconds without a change after which another node counts as dead. */
  rescueAfterMs: number;
  /** The others gave this node up: whatever it holds is theirs now. */
  onDeclaredDead(): void;
  onRescued(nodeId: string): void;
  /** After every beat that went through. */
  onBeat(): void;
  /** A beat, or a look at the others, that did not go through. */
  onFault(error: Error): void;
}

interface Sighting {
  beat: string;
  /** `performance.now()` of the last change. */
  changedAt: number;
}

/** A look at pools without a row costs a scan of the jobs; one in so many beats is enough. */
const STRAY_LOOK_EVERY = 5;

export class FleetNode {
  readonly #options: FleetNodeOptions;
  readonly #seen = new Map<string, Sighting>();
  #lastBeatAt = 0;
  #beats = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: FleetNodeOptions) {
    this.#options = options;
  }

  /** Enters the fleet and starts to beat. */
  async start(): Promise<void> {
    const { pool, nodeId, locales, concurrency } = this.#options;
    await run(pool, enterFleet, [nodeId, hostname(), process.pid, version, locales ?? null, concurrency]);
    this.#lastBeatAt = performance.now();
    this.#schedule();
  }

  /** Stops beating; the row stays until `leave`. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
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
      this.#round = this.#beatAndLook()
        .catch((error) => onFault(error))
        .finally(() => {
          clearTimeout(overdue);
          this.#schedule();
        });
    }, beatMs);
  }

  async #beatAndLook(): Promise<void> {
    const { pool, nodeId, beatMs, onBeat, onDeclaredDead } = this.#options;
    const [own] = await rows(pool, beat, [nodeId]);
    if (this.#isStopped) return;
    if (own === undefined) {
      this.#isStopped = true;
      onDeclaredDead();
      return;
    }
    const now = performance.now();
    // A gap in our own beats says that the database was away: what we saw before it proves nothing about the others.
    if (now - this.#lastBeatAt > 3 * beatMs + 1_000) this.#seen.clear();
    this.#lastBeatAt = now;
    this.#beats += 1;
    onBeat();
    await this.#lookAtOthers();
  }

  async #lookAtOthers(): Promise<void> {
    const { pool, nodeId, rescueAfterMs } = this.#options;
    const others = await rows(pool, listBeats, [nodeId]);
    const isStrayLook = this.#beats % STRAY_LOOK_EVERY === 0;
    const strays = isStrayLook ? await rows(pool, listStrayPools) : [];
    const present = new Set(others.map((other) => other.node_id));
    for (const { node_id, beat: seen } of others) {
      if (this.#hasBeenSilent(node_id, seen, rescueAfterMs)) await this.#rescue(node_id, seen);
    }
    for (const { node_id } of strays) {
      present.add(node_id);
      if (this.#hasBeenSilent(node_id, "no row", rescueAfterMs)) await this.#rescue(node_id, null);
    }
    if (isStrayLook) {
      for (const known of this.#seen.keys()) if (!present.has(known)) this.#seen.delete(known);
    }
  }

  #hasBeenSilent(nodeId: string, seen: string, forMs: number): boolean {
    const now = performance.now();
    const before = this.#seen.get(nodeId);
    if (before === undefined || before.beat !== seen) {
      this.#seen.set(nodeId, { beat: seen, changedAt: now });
      return false;
    }
    return now - before.changedAt >= forMs;
  }

  async #rescue(nodeId: string, seen: string | null): Promise<void> {
    const [result] = await rows(this.#options.pool, giveUpNode, [nodeId, seen, true]);
    this.#seen.delete(nodeId);
    if (result?.is_gone) this.#options.onRescued(nodeId);
  }
}
