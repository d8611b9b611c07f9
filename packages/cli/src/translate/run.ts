import { InvalidItemError, type Item, type TransHubError } from "@trans-hub/core";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import { type ItemLimits, parseItem } from "@trans-hub/core/store";
import type { CatalogStore, StoredText } from "../store/catalog-store.ts";
import { businessIdOf } from "./business-id.ts";
import { hintOf } from "./hint-of.ts";
import { ONLY_PSEUDO } from "./notices.ts";
import { nameOf, OwnRows, type Row, rowId, rowsOf } from "./own-rows.ts";
import { type PlannedFile, replan } from "./plan.ts";
import type { TranslateReport } from "./report.ts";
import { type Take, takeFiles } from "./take.ts";

export interface RunOptions {
  files: readonly PlannedFile[];
  store: CatalogStore;
  /** Whether the run waits until its texts are settled. False: they are left to the fleet. */
  settles: boolean;
  /** The names of the engines that translate, the active one first, as far as they are known. */
  engineNames: readonly string[];
  limits: ItemLimits;
  project: string;
  cwd: string;
  /** Retries values that failed before for any reason, and not only those that no engine answered. */
  force: boolean;
  /** Asks the engines anew for texts that the store has from an engine. A text that a person wrote or approved stays. Default: false. */
  again?: boolean | undefined;
  /** Which side of a conflict holds: the approved text of the store, or the person's value in the file. Default: neither. */
  take?: Take | undefined;
  /** The person who decides, for the record. */
  by?: string | undefined;
  /** The name under which the engine calls are booked. */
  tag?: string | undefined;
  signal: AbortSignal;
  /** Called with the plan before anything is registered; may throw. */
  beforeRegistering?: ((plan: Pick<StorePlan, "files" | "rows">) => Promise<void>) | undefined;
  /** Called with the number of settled rows and the number of all rows. */
  progress(settled: number, total: number): void;
  /** Tells a person the reason for a wait, in one line. */
  tell(line: string): void;
}

export type LookUpOptions = Pick<
  RunOptions,
  "files" | "store" | "engineNames" | "limits" | "project" | "cwd" | "take" | "by" | "tell"
>;

/** The state of each message in the store at the end of the run. */
export interface RunResult {
  /** The plan, with the texts of the store taken into account. */
  files: readonly PlannedFile[];
  rows: OwnRows;
  /** Rows that already had a text. */
  before: { has(locale: string, row: Row): boolean };
  /** Reasons for messages that were never registered, by business id. */
  rejected: ReadonlyMap<string, { code: string; message: string }>;
  /** Why the run ended before all rows were settled. */
  stopped: TransHubError | undefined;
}

/** The plan with the store's texts, before anything is registered. */
export interface StorePlan {
  files: readonly PlannedFile[];
  rows: OwnRows;
  /** See {@link RunResult.rejected}. */
  rejected: Map<string, { code: string; message: string }>;
}

/** Takes the texts of the store into account. Writes nothing; but a read counts as use of a text. */
export async function lookUp(given: LookUpOptions): Promise<StorePlan> {
  const rejected = refusals(given);
  const files = await planWithStore(given, rejected);
  const rows = new OwnRows(given.store);
  for (const { target, ...message } of toTranslate(files)) {
    if (!rejected.has(businessIdOf(target, message.key, given.cwd))) rows.add(target.locale, message);
  }
  await rows.readAll();
  return { files, rows, rejected };
}

/** Registers the planned texts and, where the run settles them, waits until all of them are. */
export async function translateFiles(given: RunOptions): Promise<RunResult> {
  const { store, settles, signal, engineNames, tell } = given;
  const { files, rows, rejected } = await lookUp(given);
  const options = { ...given, files };
  await given.beforeRegistering?.({ files, rows });
  const before = new Set<string>();
  const anew = new Set<string>();
  for (const { target, ...message } of toTranslate(files)) {
    const translation = rows.get(target.locale, message);
    const id = `${target.locale}\n${rowId(message)}`;
    if (options.again === true && isMachines(translation)) anew.add(id);
    else if (isUsable(translation, engineNames[0] === "pseudo")) before.add(id);
  }

  await register(options, rejected, () => true, false);
  await rows.readAll();
  const isRetried = (locale: string, row: Row) => {
    if (anew.has(`${locale}\n${rowId(row)}`)) return true;
    const { status, error } = rows.get(locale, row) ?? {};
    return status === "failed" && (options.force || (settles && error?.code === UNANSWERED));
  };
  if ([...toTranslate(files)].some(({ target, ...message }) => isRetried(target.locale, message))) {
    await register(options, rejected, isRetried, true);
    await rows.readAll();
  }
  let stopped: TransHubError | undefined;
  if (settles) {
    const total = rows.size;
    stopped = await store.settle({
      ...{ open: rows, signal, tell },
      locales: [...new Set(files.map(({ target }) => target.locale))],
      onLook: (left) => options.progress(total - left, total),
    });
    signal.throwIfAborted();
    if (stopped !== undefined) {
      // Calls that were under way at the stop have settled since the last look, and a look reads only some rows.
      await rows.readAll();
      if ((await rows.readOpen()) === 0) stopped = undefined;
    }
  }
  return { files, rows, before: { has: (locale, row) => before.has(`${locale}\n${rowId(row)}`) }, rejected, stopped };
}

/** An engine that did not answer is no fault of the text: the next run asks again. */
const UNANSWERED = "TH_ENGINE_TRANSIENT";

/** The error of a run whose only failures are texts that no engine answered. Undefined: there is none, or another one. */
export function unanswered({
  failed,
  failures,
}: Pick<TranslateReport, "failed" | "failures">): TransHubError | undefined {
  const [first] = failures;
  if (first === undefined || failures.some(({ code }) => code !== UNANSWERED)) return undefined;
  return new EnginesStoppedError(
    `${failed === 1 ? "One value has" : `${failed} values have`} no translation yet: ${first.message}`,
    { hint: "Check the engine and the network to it, then run the same command again." },
  );
}

/** The error of a run that waited to the end, and left values out because only `pseudo` has made texts for them. */
export function onlyPseudo({
  failed,
  notices,
}: Pick<TranslateReport, "failed" | "notices">): TransHubError | undefined {
  const count = notices.filter(({ reason }) => reason.startsWith(ONLY_PSEUDO)).length;
  if (count === 0 || failed > 0) return undefined;
  return new EnginesStoppedError(
    `${count === 1 ? "One value has" : `${count} values have`} a text by pseudo alone, which is no translation`,
    { hint: "Name the workers' engines in TH_ENGINES of the server. Files get texts by pseudo where it names pseudo." },
  );
}

export function* toTranslate(files: readonly PlannedFile[]) {
  for (const { target, messages } of files) {
    for (const message of messages) if (message.decision === "translate") yield { target, ...message };
  }
}

/**
 * Plans the kept values again, with the store's texts. Reading counts as use: a text that lives in a catalog is not
 * collected.
 */
async function planWithStore(options: LookUpOptions, rejected: Refusals): Promise<PlannedFile[]> {
  const { files, store, cwd, engineNames, take, by, tell } = options;
  const kept = new OwnRows(store);
  for (const { target, messages } of files) {
    for (const message of messages) {
      const isRefused = rejected.has(businessIdOf(target, message.key, cwd));
      const isRead = message.decision === "keep" && message.rule === undefined && message.isAside !== true;
      if (isRead && !isRefused) kept.add(target.locale, message);
    }
  }
  await kept.readAll();
  const allowsPseudo = engineNames.includes("pseudo");
  const planned = () =>
    files.map((file) => ({
      ...file,
      messages: file.messages.map((message) =>
        replan(message, kept.get(file.target.locale, message), { allowsPseudo, takesStore: take === "store" }),
      ),
    }));
  const first = planned();
  if (take !== "file" || !(await takeFiles({ before: files, files: first, store, by, tell }))) return first;
  await kept.readAll();
  return planned();
}

/** A text by `pseudo` is no translation: it gets into files only on request. One that is too long to be shown is none either. */
export function isUsable(translation: StoredText | undefined, allowsPseudo: boolean): boolean {
  if (translation?.text == null) return false;
  if (translation.status === "approved") return true;
  return translation.status === "translated" && (allowsPseudo || translation.engine !== "pseudo");
}

/** Whether an engine made the text. */
export function isMachines(translation: StoredText | undefined): boolean {
  return translation?.status === "translated" && translation.engine !== "human";
}

type Refusals = Map<string, { code: string; message: string }>;

/**
 * Messages that the store would refuse, by business id. They are found before anything is registered, so that they do
 * not harm the others.
 */
function refusals({ files, cwd, project, limits }: Omit<LookUpOptions, "store">): Refusals {
  const refused: Refusals = new Map();
  for (const { target, messages } of files) {
    for (const message of messages) {
      const businessId = businessIdOf(target, message.key, cwd);
      try {
        for (const row of rowsOf(message)) {
          parseItem({ ...nameOf(row), businessId, targetLocales: [target.locale], project }, {}, limits);
        }
      } catch (error) {
        if (!(error instanceof InvalidItemError)) throw error;
        refused.set(businessId, { code: error.code, message: error.message });
      }
    }
  }
  return refused;
}

const REGISTER_SIZE = 500;

async function register(
  { files, store, cwd, signal, tag }: RunOptions,
  rejected: Refusals,
  chosen: (locale: string, row: Row) => boolean,
  force: boolean,
): Promise<void> {
  const items = new Map<string, Item & { targetLocales: string[]; businessId: string }>();
  for (const { target, ...message } of toTranslate(files)) {
    const businessId = businessIdOf(target, message.key, cwd);
    if (rejected.has(businessId) || !chosen(target.locale, message)) continue;
    for (const row of rowsOf(message)) {
      // One key may be made from different forms of the source: `one` of Russian needs the number that `one` of German leaves out.
      const id = `${businessId}\0${rowId(row)}`;
      const item = items.get(id);
      if (item === undefined) {
        items.set(id, { ...nameOf(row), ...hintOf(message), businessId, targetLocales: [target.locale], force });
      } else item.targetLocales.push(target.locale);
    }
  }
  const all = [...items.values()];
  for (let from = 0; from < all.length; from += REGISTER_SIZE) {
    signal.throwIfAborted();
    const chunk = all.slice(from, from + REGISTER_SIZE);
    const receipt = await store.request(chunk, { tag, signal });
    for (const { index, code, message } of receipt.rejected) {
      const item = chunk[index];
      if (item !== undefined) rejected.set(item.businessId, { code, message });
    }
  }
}
