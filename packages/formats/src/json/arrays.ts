/** Elements of arrays that are to be removed: only from the end, because a removal moves all later elements. */
import type { JsonNode } from "./json-file.ts";

export interface PrunedArray {
  /** Whole members and elements to remove. */
  readonly gone: readonly JsonNode[];
  /** Values that were to be removed, and cannot be. */
  readonly staying: readonly JsonNode[];
}

type State = "gone" | "kept" | "neutral";

/** @param isRemoved Whether a value is to be removed; undefined: it goes with its neighbours (a number, an empty text). */
export function prunedArray(array: JsonNode, isRemoved: (node: JsonNode) => boolean | undefined): PrunedArray {
  const gone: JsonNode[] = [];
  const staying: JsonNode[] = [];
  const states = new Map<JsonNode, State>();
  const stateOf = (node: JsonNode): State => {
    const state = states.get(node) ?? examine(node);
    states.set(node, state);
    return state;
  };
  const examine = (node: JsonNode): State => {
    if (node.children.length === 0) {
      const removed = isRemoved(node);
      return removed === undefined ? "neutral" : removed ? "gone" : "kept";
    }
    const found = new Set(node.children.map(stateOf));
    if (found.has("kept")) return "kept";
    return found.has("gone") ? "gone" : "neutral";
  };
  const removeIn = (node: JsonNode): void => {
    const { children, kind } = node;
    const end = children.findLastIndex((child) => stateOf(child) === "kept") + 1;
    const firstGone = children.findIndex((child, at) => at >= end && stateOf(child) === "gone");
    for (const [at, child] of children.entries()) {
      const isGone = stateOf(child) === "gone";
      if (kind === "array" ? firstGone !== -1 && at >= firstGone : isGone) gone.push(child);
      else if (isGone) staying.push(...leavesUnder(child));
      else if (child.children.length > 0) removeIn(child);
    }
  };
  if (stateOf(array) === "gone") return { gone: [array], staying };
  removeIn(array);
  return { gone, staying };
}

function leavesUnder(node: JsonNode): JsonNode[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesUnder);
}
