/** `demo --budget`: the sample under a budget, in front of a local server that bills. Both bills are shown. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Coordinator } from "@trans-hub/core";
import { formatAmount, parseAmount } from "@trans-hub/core/store";
import { DEMO_PRICES, startBillingServer } from "./billing-server.ts";

export const BUDGET_PROJECT = "demo-budget";
/** Dollars: enough for a part of the sample. */
const AMOUNT = "0.06";
const DAY = { project: BUDGET_PROJECT, per: "day", currency: DEMO_PRICES.currency } as const;

export interface BudgetReport {
  budget: string;
  currency: string;
  calls: number;
  /** What the server says that it bills. */
  serverBill: string;
  /** What the ledger says of the same calls. */
  ledger: string;
  unconfirmed: string;
  translated: number;
  /** Texts that wait for the next day, or for a greater budget. */
  waiting: number;
}

/**
 * @param run Starts the workers with these variables of the environment, registers the sample, and resolves when nothing but the budget
 *   is waited for.
 */
export async function demoBudget(
  hub: Coordinator,
  run: (env: Record<string, string>) => Promise<{ translated: number }>,
): Promise<BudgetReport> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-demo-"));
  const server = await startBillingServer();
  try {
    const prices = join(folder, "prices.json");
    await writeFile(prices, JSON.stringify(DEMO_PRICES));
    // Earlier demos of the day are in the ledger: this one has its amount beside them.
    const before = spentOf(await hub.setBudget({ ...DAY, amount: "0" }));
    const amount = formatAmount(before + (parseAmount(AMOUNT) ?? 0n));
    await hub.setBudget({ ...DAY, amount, by: "demo" });
    const { translated } = await run({
      ...{
        TH_OPENAI_ENDPOINT: server.url,
        TH_OPENAI_API_KEY: "demo",
        TH_OPENAI_MODEL: "billed",
        TH_PRICES_FILE: prices,
      },
      ...{ TH_OPENAI_API_KEY_FILE: "", TH_OPENAI_THINKING_TOKENS: "1" },
    });
    const [budget] = await hub.listBudgets({ project: BUDGET_PROJECT });
    return {
      budget: AMOUNT,
      currency: DAY.currency,
      calls: server.calls,
      serverBill: formatAmount(BigInt(server.bill) * 1_000_000n),
      ledger: formatAmount((parseAmount(budget?.spent ?? "0") ?? 0n) - before),
      unconfirmed: budget?.unconfirmed ?? "0",
      translated,
      waiting: budget?.waiting ?? 0,
    };
  } finally {
    await hub.cancel({ project: BUDGET_PROJECT });
    await hub.removeBudget(DAY);
    await Promise.all([server.close(), rm(folder, { recursive: true, force: true })]);
  }
}

function spentOf([budget]: Awaited<ReturnType<Coordinator["setBudget"]>>): bigint {
  return parseAmount(budget?.spent ?? "0") ?? 0n;
}
