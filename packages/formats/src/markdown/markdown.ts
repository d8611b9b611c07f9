/** Markdown as GitHub has it, with front matter. */
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { Format } from "../contract.ts";
import { markdownFormat } from "./syntax.ts";

export const markdown: Format = markdownFormat("markdown", {
  extensions: [gfm()],
  mdastExtensions: [gfmFromMarkdown()],
});
