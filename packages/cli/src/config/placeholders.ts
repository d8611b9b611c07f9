/** The placeholders of file patterns: `{locale}`, `{locale:android}`, `{name}`, `{ext}`, `{dir}`, `{path}`. */
import { closestName } from "@trans-hub/core/rules";
import { LOCALE_STYLES } from "./locale-spelling.ts";

const NAMES = { in: ["locale"], out: ["locale", "name", "ext", "dir", "path"] };

/** The values of the placeholders, by name. */
export interface PlaceholderValues {
  /** Called with the style, where the pattern names one. */
  locale(style: string | undefined): string;
  /** Left out: the pattern cannot have them. */
  others?: Readonly<Record<string, string>>;
}

/** The pattern with its placeholders replaced. What is no placeholder stays. */
export function filledIn(pattern: string, { locale, others = {} }: PlaceholderValues): string {
  return pattern.replace(PLACEHOLDER, (whole, name: string) => {
    const [kind, style] = name.split(":");
    return kind === "locale" ? locale(style) : (others[name] ?? whole);
  });
}

const PLACEHOLDER = /\{([^{},]*)\}/g;

/**
 * The fault of a pattern, with its cure, as the end of a sentence; undefined: it has none. In `in`, braces with commas are
 * those of a glob.
 */
export function placeholderProblem(pattern: string, key: "in" | "out"): string | undefined {
  const known = NAMES[key].flatMap((name) => (name === "locale" ? [name, ...styled()] : [name]));
  for (const [whole, name = ""] of pattern.matchAll(key === "in" ? PLACEHOLDER : /\{([^{}]*)\}/g)) {
    if (known.includes(name)) continue;
    const all = known.map((each) => `{${each}}`).join(", ");
    const meant = meantBy(name, known);
    const cure = meant === undefined ? `the placeholders are ${all}` : `did you mean {${meant}}?`;
    return `${whole} is not a placeholder; ${cure}`;
  }
  return undefined;
}

function styled(): string[] {
  return LOCALE_STYLES.map((style) => `locale:${style}`);
}

/** Other tools write `{androidLocale}`, `{lang}` or `{filename}`. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  const bare = name.toLowerCase().replaceAll(/[^a-z]/g, "");
  const style = LOCALE_STYLES.find((each) => bare.includes(each));
  if (style !== undefined && known.includes(`locale:${style}`)) return `locale:${style}`;
  if (/^(?:lang|language|lng|code|targetlanguage|twoletterscode)$/.test(bare)) return "locale";
  const own: Record<string, string> = {
    filename: "name",
    basename: "name",
    extension: "ext",
    directory: "dir",
    folder: "dir",
  };
  const meant = own[bare];
  return meant !== undefined && known.includes(meant) ? meant : closestName(name, known);
}
