/** Prefixes of namespaces in a piece of XML that is put into another file. */
import { XmlElement } from "./tree.ts";
import { fragmentOf } from "./xml.ts";

/** The prefixes of a piece's elements and attributes that the piece itself does not declare. None where it is not well-formed. */
export function freePrefixes(piece: string): ReadonlySet<string> {
  const free = new Set<string>();
  const fragment = piece.includes(":") ? fragmentOf(piece) : undefined;
  if (fragment !== undefined) collect(fragment, new Set(["xml", "xmlns"]), free);
  return free;
}

function collect(element: XmlElement, outer: ReadonlySet<string>, free: Set<string>): void {
  const names = Object.keys(element.attributes);
  const declared = names.filter((name) => name.startsWith("xmlns:")).map((name) => name.slice("xmlns:".length));
  const bound = declared.length === 0 ? outer : new Set([...outer, ...declared]);
  for (const name of [element.name, ...names]) {
    const [prefix = "", local] = name.split(":");
    if (local !== undefined && !bound.has(prefix)) free.add(prefix);
  }
  for (const child of element.children) if (child instanceof XmlElement) collect(child, bound, free);
}
