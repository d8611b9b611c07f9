/** What a translation cost. A call of an engine has many texts and the ledger is kept by call, so it is told on the average. */
import { type Coordinator, DatabaseRefusedError, type Translation } from "@trans-hub/core";
import { formatAmount, parseAmount } from "@trans-hub/core/rules";

/** Exact decimal numbers, as in the accounts. Of two currencies there are two sections. */
export interface CostSection {
  kind: "cost";
  engine: string;
  model: string | null;
  /** Calls of this engine and model for the project and the locale, as long as records are kept, and the texts in them. */
  calls: number;
  items: number;
  /** Of these calls: confirmed, and the most that the provider may bill beyond it. */
  cost: string;
  unconfirmed: string;
  currency: string;
  /** `cost` for each of the texts, rounded down to 10^-12. A text that was asked for twice counts twice. */
  average: string;
}

/** None where a person made the text, where there is no text, where no price was known, and for a role that may not read the ledger. */
export async function costOf(
  hub: Pick<Coordinator, "usage">,
  { engine, model, project, targetLocale }: Pick<Translation, "engine" | "model" | "project" | "targetLocale">,
): Promise<CostSection[]> {
  if (engine === null || engine === "human") return [];
  const { rows } = await hub.usage({ by: ["engine", "model", "locale"], project }).catch((error: unknown) => {
    if (error instanceof DatabaseRefusedError) return { rows: [] };
    throw error;
  });
  return rows.flatMap((row): CostSection[] => {
    const { calls, items, cost, unconfirmed, currency } = row;
    const isOurs = row.engine === engine && row.model === model && row.locale === targetLocale;
    const amount = parseAmount(cost ?? "");
    if (!isOurs || cost === null || unconfirmed === null || currency === null || amount === undefined || items === 0)
      return [];
    const average = formatAmount(amount / BigInt(items));
    return [{ kind: "cost", engine, model, calls, items, cost, unconfirmed, currency, average }];
  });
}
