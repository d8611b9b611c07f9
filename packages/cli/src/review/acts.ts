/** `trans-hub review approve|reject|reopen|undo`: acts of a person on one translation or on many. */
import type { ReviewActQuery, ReviewKind, ReviewResult } from "@trans-hub/core";
import { MAX_REVIEW_ACTS } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, parseWhole } from "../options.ts";
import { countOf, printable } from "../output.ts";
import { EXIT, type ReportedError, reportError } from "../report-error.ts";
import { type Session, withSession } from "../session.ts";
import { redact } from "../settings/environment.ts";
import { UsageError } from "../usage-error.ts";
import { readTargets, type TargetName, type TargetOptions, targetsOf, withTarget } from "./targets.ts";

interface ActOptions extends TargetOptions {
  text?: string;
  revision?: number;
  note?: string;
  hide?: boolean;
  by?: string;
}

const SUMMARIES: Readonly<Record<ReviewKind, string>> = {
  approve: "Approve translations, or put a text of your own in the place of one: no machine replaces it.",
  reject: "Send translations back to work, ahead of other work; the note goes to the engine.",
  reopen: "Take approvals back: the text stays, and a machine may replace it when it is told to.",
  undo: "Take back the latest act of a person that is not undone; once more, the act before it.",
};

const DONE: Readonly<Record<ReviewKind, string>> = {
  approve: "approved",
  reject: "rejected",
  reopen: "reopened",
  undo: "undone",
};

export function defineAct(kind: ReviewKind, parent: Command, context: CommandContext): void {
  const command = withTarget(parent.command(kind).description(SUMMARIES[kind]), { isBulk: true });
  if (kind === "approve") command.option("--text <translation>", "approve this text (default: the stored one)");
  if (kind === "reject") {
    command
      .option("--note <text>", "what is wrong: it goes to the engine (required)")
      .option("--hide", "show readers no text until another one is stored");
  } else command.option("--note <text>", "the reason, for the history");
  command
    .option("--revision <number>", REVISION[kind] ?? REVISION.other, parseWhole(0))
    .option("--by <name>", "your name, for the history (default: USER)")
    .action((ids: string[], options: ActOptions) => act(kind, command, context, ids, options));
  examples(command, ...EXAMPLES[kind]);
}

const REVISION: Partial<Record<ReviewKind, string>> & { other: string } = {
  undo: "the revision that you read (default: the one that the last act left)",
  other: "the revision that you read; fail if the translation has another (default: its present one)",
};

const EXAMPLES: Readonly<Record<ReviewKind, readonly string[]>> = {
  approve: [
    "review approve 17-0 --to fr",
    'review approve 17-0 --to fr --revision 12 --text "Ajouter au panier" --note "imperative"',
    "review list --to fr --json | jq -r '.items[].id' | trans-hub review approve - --to fr",
  ],
  reject: ['review reject 17-0 --to fr --note "this is a button"', 'review reject 17-0 --to fr --hide --note "rude"'],
  reopen: ["review reopen 17-0 --to fr"],
  undo: ["review undo 17-0 --to fr"],
};

async function act(
  kind: ReviewKind,
  command: Command,
  context: CommandContext,
  ids: readonly string[],
  { by = context.env.USER, text, revision, note, hide, ...options }: ActOptions,
): Promise<void> {
  const { names, isSingle } = await targetsOf(ids, options, context);
  if (kind === "reject" && (note === undefined || note.trim() === "")) {
    throw new UsageError(
      "--note is missing",
      "Say in a few words what is wrong: the engine gets them with its next try.",
    );
  }
  for (const [flag, value] of Object.entries({ "--text": text, "--revision": revision })) {
    if (!isSingle && value !== undefined)
      throw new UsageError(`${flag} belongs to one translation, and several are named`);
  }
  const given = {
    kind,
    ...(text !== undefined && { approvedText: text }),
    ...(note !== undefined && { note }),
    ...(hide !== undefined && { hide }),
    ...(by !== undefined && by !== "" && { by }),
  };
  await withSession(command, context, { project: options.project }, async (session) => {
    const results: ReviewResult[] = [];
    for (let from = 0; from < names.length; from += MAX_REVIEW_ACTS) {
      context.signal.throwIfAborted();
      results.push(...(await take(session, names.slice(from, from + MAX_REVIEW_ACTS), given, revision)));
    }
    if (isSingle) await tellOne(context, kind, results[0]);
    else await tellAll(context, kind, names, results);
  });
}

/** Takes one act on each translation, at the revision that is named, or that stands. An undo expects what the last act left. */
async function take(
  session: Session,
  names: readonly TargetName[],
  given: Omit<ReviewActQuery, "targetLocale" | "id" | "businessId">,
  revision: number | undefined,
): Promise<ReviewResult[]> {
  if (revision !== undefined || given.kind === "undo") {
    return session.hub.review(names.map((name) => ({ ...given, ...name, revision })));
  }
  const found = await readTargets(session, names);
  const results = found.map((each): ReviewResult | undefined => (each instanceof Error ? { error: each } : undefined));
  const known = found.flatMap((each, at) => {
    if (each instanceof Error) return [];
    const { id, targetLocale, revision: present } = each;
    // A business id may name another text by now.
    return [{ at, act: { ...given, ...(id === null ? names[at] : { id }), targetLocale, revision: present } }];
  });
  const taken = await session.hub.review(known.map(({ act: query }) => query));
  for (const [place, { at }] of known.entries()) results[at] = taken[place];
  return results.filter((result) => result !== undefined);
}

async function tellOne({ output }: CommandContext, kind: ReviewKind, result: ReviewResult | undefined): Promise<void> {
  if (result?.translation === undefined) throw result?.error ?? new Error("an act had no result");
  const { translation } = result;
  warn(output, result);
  const state = kind === "undo" ? `${DONE[kind]}: ${translation.status}` : DONE[kind];
  const text = translation.text === null ? "" : `: ${printable(translation.text)}`;
  await output.result(translation, () => `${state} at revision ${translation.revision}${text}`);
}

/** The end of one act of many. */
interface Told {
  id: string;
  translation: ReviewResult["translation"];
  error: ReportedError | undefined;
  current: ReviewResult["current"];
}

/** One line or one item for each translation, in their order. */
async function tellAll(
  context: CommandContext,
  kind: ReviewKind,
  names: readonly TargetName[],
  results: readonly ReviewResult[],
): Promise<void> {
  const { output } = context;
  const failed = results.filter(({ error }) => error !== undefined).length;
  const items = results.map((result, at): Told => {
    const { translation, error, current } = result;
    return { id: nameOf(names[at]), translation, error: error && reportError(error, redact), current };
  });
  for (const result of results) warn(output, result);
  await output.result({ items, failed }, () =>
    items
      .map(
        ({ id, error }) =>
          `${printable(id)}\t${error === undefined ? DONE[kind] : `${error.code} ${printable(error.message)}`}`,
      )
      .join("\n"),
  );
  if (failed === 0) return;
  context.exitCode = EXIT.failed;
  if (!output.json) output.note(`${countOf(failed, "act")} of ${items.length} could not be taken; the others were`);
}

function nameOf(name: TargetName | undefined): string {
  if (name === undefined) return "";
  return "id" in name ? name.id : name.businessId;
}

function warn(output: CommandContext["output"], { translation }: ReviewResult): void {
  for (const { message } of translation?.warnings ?? []) {
    output.warn(`the approved text of ${translation?.id} is not like its source: ${message}`);
  }
}
