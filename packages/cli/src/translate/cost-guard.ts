/** Refuses a run before its first call: above the cost that is allowed, or with prompts many times the size of its texts. */
import { type CallEstimate, CostLimitError, formatAmount } from "@trans-hub/core/store";

export interface EstimatedCost {
  /** An exact amount. Undefined: it is not known. */
  amount: bigint | undefined;
  currency: string | null;
  /** Engines that would be asked, and have no price. */
  unpriced: readonly string[];
}

export interface CostLimits {
  /** An exact amount in the currency of the prices. Undefined: any. */
  maxCost: bigint | undefined;
  allowsLargePrompts: boolean;
}

/** Bytes. Smaller prompts are not looked at. */
const SMALL_PROMPTS = 1_000_000;
/** Bytes of prompts for each byte of text. A call for one short text has some 100, one for 50 texts 3 to 5. */
const MOST_AMPLIFICATION = 20;

/** @throws {CostLimitError} */
export function refuseCost(
  { amount, currency, unpriced }: EstimatedCost,
  { promptBytes, parts }: Pick<CallEstimate, "promptBytes" | "parts">,
  { maxCost, allowsLargePrompts }: CostLimits,
): void {
  if (maxCost !== undefined && amount === undefined) {
    const engines = unpriced.length > 0 ? `${unpriced.join(", ")} has no price` : "no prices are set";
    throw new CostLimitError(`The cost is not known: ${engines}. Nothing was sent`, {
      hint: "Name a file with the prices by TH_PRICES_FILE, or leave --max-cost out.",
    });
  }
  if (maxCost !== undefined && amount !== undefined && amount > maxCost) {
    const figures = `about ${formatAmount(amount)} ${currency}, and --max-cost allows ${formatAmount(maxCost)}`;
    throw new CostLimitError(`The texts would cost ${figures}. Nothing was sent`, {
      hint: "Raise --max-cost, or name fewer texts or target locales.",
    });
  }
  if (allowsLargePrompts || promptBytes <= SMALL_PROMPTS || promptBytes <= MOST_AMPLIFICATION * parts.texts) return;
  const times = Math.round(promptBytes / Math.max(1, parts.texts));
  const [culprit, cure] = culpritOf(promptBytes, parts);
  throw new CostLimitError(
    `The prompts would have ${promptBytes} bytes, ${times} times those of their texts, mostly by ${culprit}. Nothing was sent`,
    { hint: `${cure} --large-prompts sends them all the same.` },
  );
}

function culpritOf(promptBytes: number, { texts, instructions, contexts }: CallEstimate["parts"]): [string, string] {
  const own = promptBytes - texts - instructions - contexts;
  const most = Math.max(instructions, contexts, own);
  if (most === contexts) return ["contexts", "Shorten the contexts: each text is sent with its own."];
  if (most === instructions) return ["instructions", "Shorten TH_INSTRUCTIONS: they are sent with each call."];
  return ["the engine's own prompt", "Raise TH_BATCH_SIZE: the prompt is sent with each call."];
}
