/**
 * A segment of a path in an id. The segments of an id are joined with dots; a dot in a segment is written `\.` and a backslash `\\`.
 *
 * So `{"cart": {"title": …}}` is `cart.title`, `{"cart.title": …}` is `cart\.title`, and no two paths share an id. An
 * array index is a segment like any other (`faq.0.answer`), as i18next addresses it.
 */
export function escapedSegment(segment: string): string {
  return /[\\.]/.test(segment) ? segment.replace(/[\\.]/g, "\\$&") : segment;
}

/** The last segment of an id, as it stands in the file. */
export function nameIn(id: string): string {
  const segment = /(?:[^.\\]|\\.)*$/s.exec(id)?.[0] ?? id;
  return segment.replace(/\\(.)/gs, "$1");
}
