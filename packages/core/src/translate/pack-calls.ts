import type { Engine } from "../contract/engine.ts";
import type { WorkItem } from "../contract/work.ts";

interface Limits extends Pick<Engine, "maxItemsPerCall" | "maxBytesPerCall" | "takesContext"> {
  /** Of the items together, as `tokensOf` weighs each. */
  maxTokensPerCall: number;
  tokensOf(item: WorkItem): number;
}

/** UTF-8 bytes that one item takes of an engine's call. */
export function callBytes(item: WorkItem, { takesContext }: Pick<Engine, "takesContext">): number {
  const context = takesContext && item.context !== null ? JSON.stringify(item.context) : "";
  return Buffer.byteLength(item.text) + Buffer.byteLength(context);
}

/**
 * Cuts items into calls that an engine accepts, in order. An item over the engine's bytes, or over the tokens, goes
 * alone: whether to send it at all is the caller's affair.
 */
export function packCalls<Packed extends { readonly item: WorkItem }>(
  packed: readonly Packed[],
  limits: Limits,
): Packed[][] {
  const calls: Packed[][] = [];
  let call: Packed[] = [];
  let bytes = 0;
  let tokens = 0;
  const isFull = (size: number, weight: number) =>
    call.length >= limits.maxItemsPerCall ||
    bytes + size > limits.maxBytesPerCall ||
    tokens + weight > limits.maxTokensPerCall;
  for (const entry of packed) {
    const size = callBytes(entry.item, limits);
    const weight = limits.tokensOf(entry.item);
    if (call.length > 0 && isFull(size, weight)) {
      calls.push(call);
      call = [];
      bytes = 0;
      tokens = 0;
    }
    call.push(entry);
    bytes += size;
    tokens += weight;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
