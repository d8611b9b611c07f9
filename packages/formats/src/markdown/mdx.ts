/** MDX: Markdown with JSX, imports and expressions. */
import type { Nodes } from "mdast";
import type { CompileContext, Extension, Token } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { mdxjs } from "micromark-extension-mdxjs";
import type { Format } from "../contract.ts";
import { markdownFormat } from "./syntax.ts";

const TOKENS = ["mdxjsEsm", "mdxFlowExpression", "mdxTextExpression", "mdxJsxFlowTag", "mdxJsxTextTag"];

/** Each tag is a node by itself, so what stands between two tags is a part of the document like others. */
const FLAT: Extension = {
  enter: Object.fromEntries(
    TOKENS.map((type) => [
      type,
      function enter(this: CompileContext, token: Token) {
        this.enter({ type, children: [] } as unknown as Extract<Nodes, { type: "paragraph" }>, token);
      },
    ]),
  ),
  exit: Object.fromEntries(
    TOKENS.map((type) => [
      type,
      function exit(this: CompileContext, token: Token) {
        this.exit(token);
      },
    ]),
  ),
};

export const mdx: Format = markdownFormat("mdx", {
  extensions: [gfm(), mdxjs()],
  mdastExtensions: [gfmFromMarkdown(), FLAT],
});
