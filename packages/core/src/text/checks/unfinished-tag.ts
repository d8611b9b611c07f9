import { ELEMENTS } from "../elements.ts";
import { counted } from "./counted.ts";
import type { Check } from "./subject.ts";

/** A tag or a processing instruction that another `<` or the end of the text cuts off. */
const CUT_OFF = /<(\/?[a-z][a-z0-9]*|\?[a-z]+)(?![\w:.-])[^<>]*(?=<|$)/gi;

/**
 * No tag or comment begins that does not end, unless the source has as many: a browser reads on into the page behind the
 * text, so that `<!--` hides it and `<img onerror=…` takes the next `>` as its own. A `<` before another word is a sign.
 */
export const unfinishedTag: Check = {
  name: "markup",
  severity: "block",
  check({ given: { source, translation } }) {
    if (!translation.includes("<")) return undefined;
    const added = unfinished(translation) - unfinished(source);
    return added > 0 ? `${counted(added, "unfinished tag")} added` : undefined;
  },
};

function unfinished(text: string): number {
  let count = text.lastIndexOf("<!--") > text.lastIndexOf("-->") ? 1 : 0;
  for (const [, name = ""] of text.matchAll(CUT_OFF)) {
    if (name.startsWith("?") || ELEMENTS.has(name.replace("/", "").toLowerCase())) count += 1;
  }
  return count;
}
