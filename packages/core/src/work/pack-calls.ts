import type { Engine } from "../engine.ts";
import type { WorkItem } from "../persistence-handler.ts";

type Limits = Pick<Engine, "maxItemsPerCall" | "maxBytesPerCall" | "takesContext">;

/** UTF-8 bytes that one item takes of an engine's call. */
export function callBytes(item: WorkItem, { takesContext }: Pick<Engine, "takesContext">): number {
  const context = takesContext && item.context !== null ? JSON.stringify(item.context) : "";
  return Buffer.byteLength(item.text) + Buffer.byteLength(context);
}

/**
 * Cuts items into calls that an engine accepts, in order. An item over the engine's bytes goes alone: whether to send
 * it at all is the caller's affair.
 */
export function packCalls<Packed extends { readonly item: WorkItem }>(
  packed: readonly Packed[],
  limits: Limits,
): Packed[][] {
  const calls: Packed[][] = [];
  let call: Packed[] = [];
  let bytes = 0;
  for (const entry of packed) {
    const size = callBytes(entry.item, limits);
    if (call.length > 0 && (call.length >= limits.maxItemsPerCall || bytes + size > limits.maxBytesPerCall)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(entry);
    bytes += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
