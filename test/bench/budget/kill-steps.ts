/** The steps of a call under a budget at which its worker is killed, and the acts that bring the kill to exactly this step. */
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import type { Halt } from "./halt.ts";

export interface KillStep {
  name: string;
  /** A point of `halt.ts`. */
  point: string;
  /** Workers that are killed at it. Default: as many as at the others. */
  most?: number;
  /** Waits until the step is reached, kills by `scene.kill`, and lets go of its locks. Default: kills at once. */
  act?(scene: StepScene, halt: Halt): Promise<unknown>;
}

export interface StepScene {
  db: pg.Pool;
  /** Kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** The halted worker sends its statement, and never hears the answer. */
  goOn(): void;
  /** Whether the provider has received this call. */
  isReceived(callId: string): boolean;
  answerMs: number;
}

/** Milliseconds. A step that is not reached by then is an error. */
const PATIENCE_MS = 60_000;

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const since = performance.now(); !(await isSo()); await wait(5)) {
    if (performance.now() - since > PATIENCE_MS) throw new Error(`not seen in ${PATIENCE_MS} ms: ${what}`);
  }
}

async function exists(db: pg.Pool, text: string, values: unknown[]): Promise<boolean> {
  return ((await db.query(`${text} limit 1`, values)).rowCount ?? 0) > 0;
}

/**
 * Kills the worker while its statement waits in the database for a row that is locked here.
 *
 * @param end What becomes of the statement then. `committed`: it goes on when the lock is gone, as a server does that has not noticed the
 *   death of its client. `late`: so, after the rescue of the worker. `rolled back`: its session is ended.
 */
function inDatabase(
  lock: (halt: Halt) => [text: string, values: unknown[]],
  end: "committed" | "late" | "rolled back",
) {
  return async ({ db, kill, goOn }: StepScene, halt: Halt): Promise<void> => {
    const locker = await db.connect();
    try {
      await locker.query("begin");
      await locker.query(...lock(halt));
      goOn();
      const { backend } = halt;
      await until("the statement waits for the lock", () =>
        exists(db, "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'", [backend]),
      );
      await kill();
      if (end === "rolled back") await db.query("select pg_terminate_backend($1, 10000)", [backend]);
      if (end === "late") {
        const isMember = () => exists(db, "select from trans_hub.worker_node where node_id = $1", [halt.nodeId]);
        await until("the rescue", async () => !(await isMember()));
      }
      await locker.query("rollback");
      await until("the end of the statement", async () => {
        const text = "select from pg_stat_activity where pid = $1 and state = 'active'";
        return !(await exists(db, text, [backend]));
      });
    } finally {
      locker.release(true);
    }
  };
}

const ofBudget = (): [string, unknown[]] => ["select from trans_hub.budget for update", []];
const ofHold = ({ callIds }: Halt): [string, unknown[]] => [
  "select from trans_hub.budget_hold where call_id = any ($1::uuid[]) for update",
  [callIds],
];

async function killAtRandom({ kill, answerMs }: StepScene): Promise<void> {
  await wait(Math.random() * 2 * answerMs);
  await kill();
}

export const KILL_STEPS: readonly KillStep[] = [
  { name: "before the hold is asked for", point: "hold:sent" },
  { name: "in the hold, rolled back", point: "hold:sent", act: inDatabase(ofBudget, "rolled back") },
  { name: "in the hold, committed after the death", point: "hold:sent", act: inDatabase(ofBudget, "committed") },
  { name: "in the hold, committed after the rescue", point: "hold:sent", most: 1, act: inDatabase(ofBudget, "late") },
  {
    name: "after the hold's commit, unheard",
    point: "hold:sent",
    async act({ db, kill, goOn }, { callIds }) {
      goOn();
      await until("the hold", () =>
        exists(db, "select from trans_hub.budget_hold where call_id = any ($1)", [callIds]),
      );
      await kill();
    },
  },
  { name: "after the hold", point: "hold:heard" },
  { name: "between the hold and the request", point: "request:created" },
  {
    name: "during the request",
    point: "request:sent",
    async act({ isReceived, kill }, { callIds: [callId = ""] }) {
      await until("the request", () => isReceived(callId));
      await kill();
    },
  },
  { name: "after the answer", point: "answer:received" },
  { name: "before the settlement is sent", point: "settle:sent" },
  { name: "in the settlement, rolled back", point: "settle:sent", act: inDatabase(ofHold, "rolled back") },
  { name: "in the settlement, committed after the death", point: "settle:sent", act: inDatabase(ofHold, "committed") },
  { name: "in a settlement of several statements", point: "several:heard" },
  {
    name: "after the settlement's commit, unheard",
    point: "settle:sent",
    async act({ db, kill, goOn }, { callIds }) {
      goOn();
      await until("the ledger", () => exists(db, "select from trans_hub.usage where call_id = any ($1)", [callIds]));
      await kill();
    },
  },
  { name: "after the settlement", point: "settle:heard" },
  { name: "at any moment after the hold", point: "hold:passed", act: killAtRandom },
];
