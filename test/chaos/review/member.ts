/**
 * A process of the proof of reviews, which is killed at any moment. A reviewer takes acts on the revisions that it has read, and
 * reports each act that was acknowledged. A worker translates, fails and retries at random. A disturber forces texts, replays dead
 * letters, and collects.
 */
import { setTimeout as wait } from "node:timers/promises";
import {
  PostgresPersistenceHandler,
  parseItem,
  type ReviewAct,
  TransHubError,
  type Translation,
  type WorkItem,
  type WorkOutcome,
} from "@trans-hub/core/store";
import { makeRandom } from "@trans-hub/test-support/strings";

export type Role = "reviewer" | "worker" | "disturber";

export interface MemberOptions {
  role: Role;
  databaseUrl: string;
  seed: number;
  texts: string[];
  /** The texts that a disturber forces. It replays the failures of this proof's workers, which only acts and forced requests cause. */
  disturbed: string[];
}

/** An act that the store acknowledged: the row as it was read before, and after the act. */
export interface Acked {
  kind: ReviewAct["kind"];
  text: string;
  before: Pick<Translation, "status" | "text" | "engine" | "model" | "flags" | "revision">;
  after: Pick<Translation, "status" | "text" | "revision">;
}

export type MemberMessage =
  | { kind: "acked"; acts: Acked[] }
  | { kind: "refused"; code: string }
  | { kind: "fault"; error: string };

const options: MemberOptions = JSON.parse(process.argv[2] as string);
const random = makeRandom(options.seed);
const pick = <Value>(of: readonly Value[]): Value => of[Math.floor(random() * of.length)] as Value;
const store = await PostgresPersistenceHandler.connect({ databaseUrl: options.databaseUrl, maxConnections: 4 });

const tell = (message: MemberMessage) => process.send?.(message);
const referenceTo = (text: string) =>
  ({ project: "default", targetLocale: "fr", text, sourceLocale: "en", context: null, format: "auto" }) as const;

process.once("disconnect", () => process.exit());
await { reviewer: review, worker: translate, disturber: disturb }[options.role]();

async function review(): Promise<void> {
  for (let number = 1; ; number += 1) {
    const texts = [...new Set(Array.from({ length: pick([1, 1, 2, 8]) }, () => pick(options.texts)))];
    const read = (await store.read(texts.map(referenceTo))).filter((each) => each !== undefined);
    const acts = read.map((row, at) => actOn(row, `${options.seed}.${number}.${at}`));
    const results = await store.review(acts);
    const acked: Acked[] = [];
    for (const [at, { translation, error }] of results.entries()) {
      const { kind = "undo" } = acts[at] ?? {};
      const before = read[at] as Translation;
      if (error !== undefined) tell({ kind: "refused", code: error.code });
      // What others have done to the row since is not this act's.
      else
        acked.push({ kind, text: before.sourceText, before, after: { ...translation, revision: before.revision + 1 } });
    }
    if (acked.length > 0) tell({ kind: "acked", acts: acked });
    await wait(5 * random());
  }
}

function actOn({ sourceText, revision, status }: Translation, name: string): ReviewAct {
  const kinds: ReviewAct["kind"][] =
    status === "approved" ? ["reopen", "reject", "undo", "approve"] : ["approve", "approve", "reject", "undo"];
  const kind = pick(kinds);
  return {
    kind,
    reference: referenceTo(sourceText),
    revision,
    by: `reviewer ${options.seed}`,
    note: `because ${name}`,
    ...(kind === "approve" && random() < 0.6 && { text: `Person ${name} of ${sourceText}` }),
    ...(kind === "reject" && { hide: random() < 0.3 }),
  };
}

async function translate(): Promise<void> {
  let made = 0;
  const decide = ({ text, attempt }: WorkItem): WorkOutcome => {
    const chance = random();
    made += 1;
    const engine = "machine";
    const error = { at: new Date().toISOString(), engine, code: "TH_ENGINE_TRANSIENT", message: "No answer" };
    if (chance < 0.15) return { kind: "failed", error };
    if (chance < 0.25 && attempt < 3) return { kind: "retry", error, delayMs: 20, split: false };
    const flags = chance < 0.5 ? ["length"] : [];
    return {
      kind: "translated",
      text: `Machine ${options.seed}.${made} of ${text}`,
      engine,
      model: `m${made % 3}`,
      flags,
    };
  };
  const work = async (batch: { items: readonly WorkItem[] }) => {
    await wait(20 * random());
    return { outcomes: batch.items.map(decide), calls: [] };
  };
  await store.work({ until: "stopped", concurrency: 2, maxItems: 10 }, work);
}

async function disturb(): Promise<void> {
  for (let number = 0; ; number += 1) {
    const doomed = `Collected ${options.seed}.${number}`;
    const force = (text: string) =>
      parseItem({ text, force: true }, { sourceLocale: "en", targetLocales: ["fr"] }, { maxTextBytes: 1_000 });
    await tried(() => store.register([force(pick(options.disturbed)), force(doomed)]));
    if (number % 3 === 0) await tried(() => store.replayDeadLetters({ code: "TH_ENGINE_TRANSIENT" }));
    if (number % 7 === 0) await tried(() => store.collect({ retentionDays: 1 / 86_400 }));
    await wait(15 * random());
  }
}

async function tried(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    // Contended locks are said so; anything else is a fault.
    if (!(error instanceof TransHubError && error.retryable)) tell({ kind: "fault", error: String(error) });
  }
}
