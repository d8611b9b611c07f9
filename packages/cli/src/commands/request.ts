import type { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import type { Coordinator, Item, ItemDefaults, Priority } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import { MAX_EXPIRY_SECONDS, parseItem } from "@trans-hub/core/rules";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { bytesOf, openItemStream } from "../input/item-stream.ts";
import { type ItemChunk, type RejectedLine, readItems } from "../input/items.ts";
import { readLines } from "../input/lines.ts";
import { RejectedLines, type RejectedReport } from "../input/rejected-lines.ts";
import { textOf } from "../input/text-argument.ts";
import {
  contextOption,
  examples,
  formatOption,
  fromOption,
  parseLocales,
  parseWhole,
  projectOption,
  tagOption,
} from "../options.ts";
import { firstOf, printable } from "../output.ts";
import { Progress } from "../progress.ts";
import { EXIT } from "../report-error.ts";
import { readSettings, withSession } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface RequestOptions {
  to?: string[];
  from?: string;
  businessId?: string;
  context?: string;
  priority?: Priority;
  format?: TextFormat;
  project?: string;
  force?: boolean;
  expiresAfter?: number;
  tag?: string;
  file?: string;
}

interface Report extends RejectedReport {
  registered: number;
  existing: number;
  queued: number;
  failed: number;
}

/** Number of chunks registered at the same time, so that the database does not wait while the next chunk is read. */
const MAX_CHUNKS_IN_FLIGHT = 3;
/** Room in a line for everything beside the text: context, ids, JSON's own characters. */
const LINE_OVERHEAD_BYTES = 65_536;
/** `\u0000` for one byte: the largest growth of a text by JSON's escapes. */
const MAX_ESCAPE_FACTOR = 6;

export function define(command: Command, context: CommandContext): void {
  command
    .argument("[text...]", "texts to register; - reads one text from stdin")
    .addOption(new Option("--to <locales>", "target locales, comma-separated").argParser(parseLocales))
    .addOption(fromOption())
    .option("--file <path>", "file of JSON lines, one item each; - reads stdin")
    .option("--business-id <id>", "your own name for the text; with one text only")
    .addOption(contextOption())
    .addOption(
      new Option("--priority <level>", "urgency; interactive texts are translated first").choices([
        "interactive",
        "normal",
        "bulk",
      ]),
    )
    .addOption(formatOption())
    .addOption(projectOption())
    .option("--force", "translate again texts that have a translation, unless a person approved it")
    .option(
      "--expires-after <seconds>",
      "do not translate texts that still wait after this time (default: never)",
      parseWhole(1, MAX_EXPIRY_SECONDS),
    )
    .addOption(tagOption())
    .action((texts: string[], options: RequestOptions) => request(command, context, texts, options));
  examples(
    command,
    'request "Add to cart" "Pay" --from en --to fr,de',
    'request "Back" --from en --to fr --context \'{"screen":"checkout"}\'',
    "request --file items.jsonl --from en --to fr,de,ja",
    "request --file - --json < items.jsonl",
  );
  command.addHelpText(
    "after",
    `
An example of a line: {"text":"Pay","targetLocales":["fr"],"businessId":"shop.pay","context":{"screen":"checkout"}}.
Options give the values of missing fields. Rejected lines are reported, the other lines are registered, and the exit code
is 1. stderr names the first 20 of them; with --json, "rejected" lists the first 10,000, and "rejectedCount" counts all.
A named pipe and <(…) are read to their end.`,
  );
}

async function request(
  command: Command,
  context: CommandContext,
  texts: string[],
  options: RequestOptions,
): Promise<void> {
  checkUsage(texts, options);
  const settings = readSettings(context);
  const { file, to, from, businessId, context: note, priority, format, project, force, expiresAfter, tag } = options;
  const defaults: ItemDefaults = {
    ...(to && { targetLocales: to }),
    sourceLocale: from ?? settings.sourceLocale,
    project: project ?? settings.project,
    ...(note !== undefined && { context: note }),
    ...(priority && { priority }),
    ...(format && { format }),
    ...(force && { force }),
    ...(expiresAfter !== undefined && { expiresAfterSeconds: expiresAfter }),
    ...(tag !== undefined && { tag }),
  };
  // An error in the options is reported once, not for each item.
  parseItem({ text: "-", businessId, targetLocales: to ?? ["fr"] }, defaults, settings);

  // The chunks in progress are finished, so that the report agrees with the registered rows.
  context.graceMs = 10_000;
  const stream = file === undefined ? undefined : await openItemStream(file, context);
  const chunks =
    file === undefined || stream === undefined
      ? argumentChunks(texts, businessId, context)
      : fileChunks(file, stream, context, settings.maxTextBytes * MAX_ESCAPE_FACTOR + LINE_OVERHEAD_BYTES);
  const report = await withSession(command, context, { settings }, ({ hub }) =>
    registerAll(hub, chunks, defaults, context, file),
  );
  if (report.rejected.length > 0) context.exitCode = EXIT.failed;
  await context.output.result(report, () => sentence(report));
}

function checkUsage(texts: string[], { to, file, businessId }: RequestOptions): void {
  if (file === undefined && texts.length === 0)
    throw new UsageError("no text was given: pass texts, or a file with --file");
  if (file !== undefined && texts.length > 0) throw new UsageError("pass either texts or --file, not both");
  if (file === undefined && to === undefined) throw new UsageError("--to is missing");
  if (businessId !== undefined && (file !== undefined || texts.length !== 1)) {
    throw new UsageError("--business-id needs exactly one text", "In a file, each line may have its own businessId.");
  }
}

/** A stream of chunks. `rejected` receives the lines that are refused before they reach a chunk. */
type Chunks = (rejected: (line: RejectedLine) => void) => AsyncIterable<ItemChunk>;

function argumentChunks(texts: string[], businessId: string | undefined, context: CommandContext): Chunks {
  return async function* () {
    const items: Item[] = [];
    for (const argument of texts) {
      items.push({ text: await textOf(argument, context), ...(businessId !== undefined && { businessId }) });
    }
    yield { items, lines: items.map((_, index) => index + 1) };
  };
}

function fileChunks(file: string, stream: Readable, { output }: CommandContext, maxLineBytes: number): Chunks {
  // Each line lives for a moment only. By default V8 lets the heap grow with the rate of garbage: to 290 MB over a
  // million lines, where 120 MB are enough.
  setFlagsFromString("--optimize-for-size");
  return (rejected) => {
    const unknownKeys = (keys: readonly string[]) =>
      output.warn(`ignored unknown fields of items: ${firstOf(keys.map((key) => JSON.stringify(key))).join(", ")}`);
    return readItems(readLines(bytesOf(stream, file), maxLineBytes), { maxLineBytes, rejected, unknownKeys });
  };
}

async function registerAll(
  hub: Coordinator,
  chunks: Chunks,
  defaults: ItemDefaults,
  { output, signal }: CommandContext,
  file: string | undefined,
): Promise<Report> {
  const counts = { registered: 0, existing: 0, queued: 0, failed: 0 };
  const rejected = new RejectedLines({
    unit: file === undefined ? "text" : "line",
    file: file === "-" ? undefined : file,
    tell: (line) => output.note(printable(line)),
    tellsAll: !output.json,
  });
  const progress = new Progress(output, "registering");
  const inFlight = new Set<Promise<void>>();
  const register = async ({ items, lines }: ItemChunk) => {
    const receipt = await hub.request(items, defaults);
    counts.registered += receipt.registered;
    counts.existing += receipt.existing;
    counts.queued += receipt.queued;
    counts.failed += receipt.failed;
    for (const { index, code, message } of receipt.rejected) rejected.add({ line: lines[index] ?? 0, code, message });
    progress.add(items.length);
  };
  try {
    for await (const chunk of chunks((line) => rejected.add(line))) {
      signal.throwIfAborted();
      rejected.foundItem();
      const running = register(chunk).finally(() => inFlight.delete(running));
      inFlight.add(running);
      // Keeps the rejection from counting as unhandled while another chunk is awaited; `all` below still sees it.
      running.catch(() => undefined);
      if (inFlight.size >= MAX_CHUNKS_IN_FLIGHT) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
    progress.stop();
  }
  return { ...counts, ...rejected.report() };
}

function sentence({ registered, existing, queued, failed, rejected, rejectedCount = rejected.length }: Report): string {
  const parts = [`${registered} registered`, `${existing} there already`];
  if (failed > 0) parts.push(`${failed} of them failed before (see trans-hub dead-letters list)`);
  if (queued > 0)
    parts.push(`${queued} queued: another session has a lock in the way, a worker registers them after it`);
  if (rejectedCount > 0) parts.push(`${rejectedCount} rejected`);
  return parts.join(", ");
}
