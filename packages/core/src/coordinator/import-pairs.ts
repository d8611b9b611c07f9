/** The import of pairs into the translation memory, in bounded steps. */
import { InvalidItemError } from "../contract/errors.ts";
import type { MemoryPair, MemoryStore } from "../contract/memory.ts";
import { type MemoryPairInput, type MemoryReceipt, parseMemoryPair } from "./memory-queries.ts";

/** Pairs of one transaction. */
const PAIRS_A_STEP = 1_000;

export async function importPairs(
  memory: Pick<MemoryStore, "import">,
  project: string,
  pairs: readonly MemoryPairInput[],
  defaults: Parameters<typeof parseMemoryPair>[1],
): Promise<MemoryReceipt> {
  const receipt: MemoryReceipt = { imported: 0, existing: 0, rejected: [] };
  const fit: MemoryPair[] = [];
  for (const [index, pair] of pairs.entries()) {
    try {
      fit.push(parseMemoryPair(pair, defaults));
    } catch (error) {
      if (!(error instanceof InvalidItemError)) throw error;
      receipt.rejected.push({ index, code: error.code, message: error.message });
    }
  }
  for (let from = 0; from < fit.length; from += PAIRS_A_STEP) {
    const { imported } = await memory.import(project, fit.slice(from, from + PAIRS_A_STEP));
    receipt.imported += imported;
  }
  receipt.existing = fit.length - receipt.imported;
  return receipt;
}
