/** `translate --estimate`: what a run would ask of engines. Nothing is registered, sent or written. */
import { InvalidItemError } from "@trans-hub/core";
import { isVerbatim } from "@trans-hub/core/engine";
import { type CallEstimate, formatAmount, parseItem, type TextToEstimate } from "@trans-hub/core/store";
import type { CatalogService, EstimatedCalls } from "../store/catalog-store.ts";
import type { EstimatedCost } from "./cost-guard.ts";
import { hintOf } from "./hint-of.ts";
import { nameOf, type Row, rowId, rowsOf } from "./own-rows.ts";
import { isMachines, isUsable, type StorePlan, toTranslate } from "./run.ts";

export interface Estimate {
  /** Values that the files have not, or not of their present source: keys × locales. */
  items: number;
  /** Rows of the store that they are made of: equal texts of a locale are one. */
  unique: number;
  /** Those of them that the store has, or that hold nothing to translate. */
  stored: number;
  /** Rows for which an engine would be asked. */
  toTranslate: number;
  calls: number;
  tokens: { input: number; output: number };
  /** Of source text, where an engine counts characters. */
  characters: number;
  /** A decimal number. Null: it is not known. */
  cost: string | null;
}

export interface EstimateReport extends Estimate {
  perLocale: (Estimate & { locale: string; engine: string | null })[];
  /** Null: no prices are set. */
  currency: string | null;
  /** The day of the prices. */
  pricesAsOf: string | null;
  /** Engines that would be asked, and have no price. */
  unpriced: readonly string[];
  /** Whether the store was asked. Without it, `stored` counts only texts without anything to translate. */
  database: boolean;
}

export interface EstimateOptions {
  service: CatalogService;
  project: string;
  /** BCP 47, or `und`. */
  sourceLocale: string;
  /** Failed texts would be tried again. */
  force: boolean;
  /** Texts that the store has from an engine would be asked for again. */
  again: boolean;
  database: boolean;
}

export interface EstimatedRun {
  report: EstimateReport;
  cost: EstimatedCost;
  prompts: Pick<CallEstimate, "promptBytes" | "parts">;
}

/** @param plan Without a store, its rows are empty. */
export async function estimateOf(
  plan: Pick<StorePlan, "files" | "rows">,
  options: EstimateOptions,
): Promise<EstimatedRun> {
  const byLocale = new Map<string, { items: number; rows: Map<string, HintedRow> }>();
  for (const { target, ...message } of toTranslate(plan.files)) {
    const known = byLocale.get(target.locale) ?? { items: 0, rows: new Map<string, HintedRow>() };
    byLocale.set(target.locale, known);
    known.items += 1;
    for (const row of rowsOf(message)) known.rows.set(rowId(row), { ...row, ...hintOf(message) });
  }
  const locales: LocaleEstimate[] = [];
  for (const [locale, { items, rows }] of byLocale) {
    locales.push(await ofLocale(plan, { locale, items, rows: [...rows.values()] }, options));
  }
  const perLocale = locales.map(({ own }) => own);
  const sum = (count: (each: Estimate) => number) => perLocale.reduce((total, each) => total + count(each), 0);
  const { prices } = options.service;
  const { cost, prompts } = together(
    locales.flatMap(({ made }) => made ?? []),
    prices,
  );
  const report: EstimateReport = {
    items: sum(({ items }) => items),
    unique: sum(({ unique }) => unique),
    stored: sum(({ stored }) => stored),
    toTranslate: sum((each) => each.toTranslate),
    calls: sum(({ calls }) => calls),
    tokens: { input: sum(({ tokens }) => tokens.input), output: sum(({ tokens }) => tokens.output) },
    characters: sum(({ characters }) => characters),
    cost: cost.amount === undefined ? null : formatAmount(cost.amount),
    perLocale,
    ...{ currency: cost.currency, pricesAsOf: prices?.asOf ?? null, unpriced: cost.unpriced },
    database: options.database,
  };
  return { report, cost, prompts };
}

/** The calls of several locales, each by its engine. */
export function together(
  calls: readonly EstimatedCalls[],
  prices: CatalogService["prices"],
): Omit<EstimatedRun, "report"> {
  const made = calls.filter(({ estimate }) => estimate.calls > 0);
  const unpriced = [...new Set(made.flatMap(({ engine, estimate: { cost } }) => (cost === undefined ? engine : [])))];
  const amount = made.reduce((sum, { estimate }) => sum + (estimate.cost ?? 0n), 0n);
  const sum = (count: (estimate: CallEstimate) => number) =>
    made.reduce((total, { estimate }) => total + count(estimate), 0);
  return {
    cost: {
      amount: unpriced.length > 0 || prices === undefined ? undefined : amount,
      currency: prices?.currency ?? null,
      unpriced,
    },
    prompts: {
      promptBytes: sum(({ promptBytes }) => promptBytes),
      parts: {
        texts: sum(({ parts }) => parts.texts),
        instructions: sum(({ parts }) => parts.instructions),
        contexts: sum(({ parts }) => parts.contexts),
      },
    },
  };
}

/** A row with what the run would say of it; of several values of a row, the last one's. */
type HintedRow = Row & ReturnType<typeof hintOf>;

/** An empty hint takes an earlier one back, and is not sent. */
function said({ hint }: HintedRow): Pick<TextToEstimate, "hint"> {
  return hint && Object.keys(hint).length > 0 ? { hint } : {};
}

/** Empty: the store refuses the text, so no engine is asked for it. */
function textOf(
  row: HintedRow,
  locale: string,
  { sourceLocale, project, service: { maxTextBytes } }: Pick<EstimateOptions, "sourceLocale" | "project" | "service">,
): TextToEstimate[] {
  try {
    const item = { ...nameOf(row), targetLocales: [locale] };
    const { context, format } = parseItem(item, { sourceLocale, project }, { maxTextBytes });
    return [{ text: row.text, context: context === null ? null : JSON.parse(context), format, ...said(row) }];
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    return [];
  }
}

interface LocaleEstimate {
  own: EstimateReport["perLocale"][number];
  /** Undefined: no engine is for the locale. */
  made: EstimatedCalls | undefined;
}

async function ofLocale(
  { rows: stored }: Pick<StorePlan, "rows">,
  { locale, items, rows }: { locale: string; items: number; rows: readonly HintedRow[] },
  { service, project, sourceLocale, force, again }: EstimateOptions,
): Promise<LocaleEstimate> {
  const allowsPseudo = service.engineNames.includes("pseudo");
  const isStored = (row: Row) => {
    const translation = stored.get(locale, row);
    return isVerbatim(row.text) || (isUsable(translation, allowsPseudo) && !(again && isMachines(translation)));
  };
  const open = rows.filter((row) => !isStored(row) && (force || stored.get(locale, row)?.status !== "failed"));
  const texts = open.flatMap((row) => textOf(row, locale, { sourceLocale, project, service }));
  const made = await service.estimate({ project, sourceLocale, targetLocale: locale, texts });
  const estimate = made?.estimate;
  const cost = estimate?.calls === 0 ? 0n : estimate?.cost;
  const own = {
    ...{ locale, engine: made?.engine ?? null, items, unique: rows.length },
    ...{ stored: rows.filter(isStored).length, toTranslate: texts.length, calls: estimate?.calls ?? 0 },
    tokens: { input: estimate?.inputTokens ?? 0, output: estimate?.outputTokens ?? 0 },
    characters: estimate?.characters ?? 0,
    cost: cost === undefined || service.prices === undefined ? null : formatAmount(cost),
  };
  return { own, made };
}
