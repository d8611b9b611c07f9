/** The texts of a YAML front matter, read and written as the YAML file that it is. */
import type { Span } from "../contract.ts";
import type { FrontMatter } from "../documents/block.ts";
import { yaml } from "../yaml/yaml.ts";

/** The keys whose values readers see, as site generators have them. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...["title", "description", "summary", "subtitle", "excerpt", "tagline", "headline", "lead"],
  ...[
    "sidebar_label",
    "pagination_label",
    "linkTitle",
    "linktitle",
    "sidebarTitle",
    "navTitle",
    "image_alt",
    "caption",
  ],
  ...["sidebar.label", "hero.title", "hero.tagline", "hero.image.alt"],
]);

/** The front matter with its lines of `---` (YAML) or `+++` (TOML). */
export function frontMatterSpan(text: string): Span | undefined {
  const [marks] = /^(?:---|\+\+\+)(?=[ \t]*(?:\r|\n))/.exec(text) ?? [];
  if (marks === undefined) return undefined;
  const closing = marks === "---" ? /(?:\r\n|\n|\r)---[ \t]*(?=[\r\n]|$)/ : /(?:\r\n|\n|\r)\+\+\+[ \t]*(?=[\r\n]|$)/;
  const found = closing.exec(text.slice(marks.length));
  return found === null ? undefined : { start: 0, end: marks.length + found.index + found[0].length };
}

/**
 * The texts of a YAML front matter; of another one, none.
 *
 * @param span The front matter with its `---` lines.
 */
export function frontMatterOf(text: string, span: Span, file: string): FrontMatter | undefined {
  const literal = text.slice(span.start, span.end);
  if (!literal.startsWith("---")) return undefined;
  const opening = /^---[^\r\n]*/.exec(literal)?.[0].length ?? 0;
  const closing = /(?:\r\n|\n|\r)?---[^\r\n]*$/.exec(literal)?.[0].length ?? 0;
  const [start, end] = [span.start + opening, span.end - closing];
  if (end <= start) return undefined;
  // The line end behind the opening line stays, so that places are those of the file.
  const document = yaml.read(Buffer.from(`${text.slice(start, end)}\n`), { file });
  const ids = new Set(
    document.units.flatMap(({ id, value }) => (TEXT_KEYS.has(id) && typeof value === "string" ? [id] : [])),
  );
  return { start, end, document, ids, unwrapped: (written) => written.replace(/\n$/, "") };
}
