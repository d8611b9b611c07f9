/**
 * The id of a path of keys: its segments joined with dots; a dot in a segment is written `\.` and a backslash `\\`.
 *
 * So `{"cart": {"title": …}}` is `cart.title`, `{"cart.title": …}` is `cart\.title`, and no two paths share an id.
 */
export function idOfPath(path: readonly string[]): string {
  return path.map((segment) => segment.replace(/[\\.]/g, "\\$&")).join(".");
}
