/** `translate --estimate` and `--changed`: looks at files and store, and writes nothing. */
import type { CommandContext } from "../command-context.ts";
import { countOf, firstOf, printable } from "../output.ts";
import type { CatalogService } from "../store/catalog-store.ts";
import { type CostLimits, refuseCost } from "./cost-guard.ts";
import { type Estimate, type EstimateReport, estimateOf } from "./estimate.ts";
import { unifiedDiff } from "./line-diff.ts";
import { keptBecause } from "./notices.ts";
import { OwnRows } from "./own-rows.ts";
import { type LookUpOptions, lookUp, type StorePlan } from "./run.ts";
import { NOT_YET, previewFiles, type WriteOptions } from "./write-files.ts";

export interface ForecastOptions extends Omit<LookUpOptions, "store" | "limits" | "engineNames" | "take" | "by"> {
  context: CommandContext;
  service: CatalogService;
  /** The value of `--from`, or of the configuration. */
  from: string | undefined;
}

interface Forecast extends StorePlan {
  /** Whether the store was asked. */
  database: boolean;
}

/** Takes the store into account if it can be reached. */
async function planOf(options: ForecastOptions): Promise<Forecast> {
  const { service, project, from: sourceLocale, files } = options;
  const limits = { maxTextBytes: service.maxTextBytes };
  const found = await service.lookAtStore({ project, sourceLocale }, (store) =>
    lookUp({ ...options, store, limits, engineNames: service.engineNames }),
  );
  if (found !== undefined) return { ...found, database: true };
  return { files, rows: new OwnRows(NO_STORE), rejected: new Map(), database: false };
}

const NO_STORE = { getTranslations: async () => [] };

/** Prints the estimate of a run. */
export async function estimate(
  options: ForecastOptions,
  { limits, ...run }: { sourceLocale: string; force: boolean; again: boolean; limits: CostLimits },
): Promise<void> {
  const plan = await planOf(options);
  const { service, project, context } = options;
  const { report, cost, prompts } = await estimateOf(plan, { ...run, service, project, database: plan.database });
  refuseCost(cost, prompts, limits);
  await context.output.result(report, () => estimateText(report));
}

function estimateText(report: EstimateReport): string {
  const { perLocale, database, currency, pricesAsOf, unpriced, ...total } = report;
  const line = ({ items, unique, stored, toTranslate, calls, tokens, characters, cost }: Estimate) =>
    `${countOf(items, "value")}, ${countOf(unique, "text")}, ${stored} stored, ${toTranslate} to translate in ${countOf(calls, "call")}, ` +
    `about ${tokens.input} tokens in and ${tokens.output} out` +
    (characters > 0 ? `, ${characters} characters` : "") +
    (cost === null ? "" : `, ${cost} ${currency}`);
  const prices =
    pricesAsOf === null
      ? ["No cost is known: name your prices with TH_PRICES_FILE."]
      : [`By prices of ${pricesAsOf}.${unpriced.length > 0 ? ` No price is known of ${unpriced.join(", ")}.` : ""}`];
  const lines = perLocale.map((each) => `${each.locale} (${each.engine ?? "no engine"}): ${line(each)}`);
  const source = database ? [] : ["The store was not asked: texts that it has are counted as well."];
  return [...lines, `all: ${line(total)}`, ...prices, ...source].join("\n");
}

/** Prints the changes that a run would make in each file. */
export async function showChanges(
  options: ForecastOptions,
  write: Omit<WriteOptions, "result" | "broken">,
): Promise<void> {
  const { files, rows, rejected, database } = await planOf(options);
  const { output } = options.context;
  const result = { files, rows, rejected, before: { has: () => true }, stopped: undefined };
  const previews = await previewFiles({ ...write, result, broken: [] });
  const changes = previews.flatMap(({ path, before, after, missing }) => {
    const diff = unifiedDiff(path, textOf(before), textOf(after));
    const translate = missing.filter(({ reason }) => reason === NOT_YET).map(({ locale, key }) => ({ locale, key }));
    const left = missing.filter(({ reason }) => reason !== NOT_YET);
    const kept = files
      .filter(({ target }) => target.path === path)
      .flatMap(({ target: { locale }, messages }) =>
        messages.flatMap((message) => {
          const reason = message.isAside === true ? undefined : keptBecause(message);
          return reason === undefined ? [] : [{ locale, key: message.key, reason }];
        }),
      );
    const isSame = diff === "" && missing.length === 0 && kept.length === 0;
    return isSame ? [] : [{ file: path, diff, translate, left, kept }];
  });
  await output.result(
    { files: changes, database },
    () => output.forStdout(changes.map(changeText).join("\n")) || "Nothing would change.",
  );
}

function changeText({ file, diff, translate, left, kept }: Change): string {
  const lines = [
    ...translate.map(({ locale, key }) => `# ${file}: ${key} (${locale}) would be translated`),
    ...left.map(({ locale, key, reason }) => `# ${file}: ${key} (${locale}) would be left out: ${reason}`),
    ...kept.map(({ locale, key, reason }) => `# ${file}: ${key} (${locale}) would be kept: ${reason}`),
  ];
  return diff + firstOf(lines, TOLD_MAX).map(printable).join("\n");
}

/** Most lines about single values of a file. With `--json`, all are listed. */
const TOLD_MAX = 100;

interface Change {
  file: string;
  diff: string;
  translate: { locale: string; key: string }[];
  left: { locale: string; key: string; reason: string }[];
  kept: { locale: string; key: string; reason: string }[];
}

/** Catalogs in UTF-16 begin with a mark. */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
}
