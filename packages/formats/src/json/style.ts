/** The layout of a JSON file, for members that are added to it. */
import type { JsonFile, JsonNode } from "./json-file.ts";

export interface JsonStyle {
  /** One level of indentation; undefined: no container of the file has lines of its own. */
  readonly indent?: string | undefined;
  /** Between a name and its value. */
  readonly separator?: string | undefined;
  /** Behind a comma on the same line. */
  readonly space?: string | undefined;
  readonly isOneLine?: boolean | undefined;
  /** Inside the brackets of a container on one line. */
  readonly padding?: string | undefined;
}

/** Undefined: the file has no member to show its layout. */
export function styleOf({ text, root }: JsonFile): JsonStyle | undefined {
  const [first, second] = root.children;
  if (first === undefined) return undefined;
  const lead = text.slice(root.start + 1, first.nameStart);
  const isOneLine = !/[\r\n]/.test(lead);
  const separator = separatorOf(text, first);
  const blank = second && /,([ \t]*)$/.exec(text.slice(first.end, second.nameStart))?.[1];
  return {
    isOneLine,
    padding: isOneLine && lead !== "" ? " " : "",
    indent: isOneLine ? undefined : (/[^\r\n]*$/.exec(lead.replace(/\S.*$/s, ""))?.[0] ?? ""),
    separator,
    space: blank ?? (separator?.endsWith(":") ? "" : " "),
  };
}

/** Undefined in an array. */
function separatorOf(text: string, node: JsonNode): string | undefined {
  if (node.name === undefined) return node.children[0] && separatorOf(text, node.children[0]);
  const separator = text.slice(node.nameEnd, node.start);
  return /^[ \t]*:[ \t]*$/.test(separator) ? separator : undefined;
}
