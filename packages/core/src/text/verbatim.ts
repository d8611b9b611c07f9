/**
 * The rule that finds texts with nothing to translate.
 *
 * The same rule runs in SQL, which registers the texts of programs in every language. So it is a plain sequence of
 * replacements that PostgreSQL's regular expressions can repeat: no lookbehind, no lazy quantifier, no back reference,
 * no `\s`, `\w` or `\b` (they differ between the two), no alternation whose order or length would decide, and bracket
 * expressions that name their characters. Only the last step asks Unicode whether a letter is left.
 */

/** One step of the rule. It replaces every match of `pattern` (case-sensitive) by one space. */
export interface VerbatimStep {
  readonly takesOut: string;
  /** Source of a regular expression that means the same in JavaScript and as a PostgreSQL ARE. */
  readonly pattern: string;
}

const BLANK = "[ \\t\\r\\n]";
const TAG_NAME = "[A-Za-z0-9][A-Za-z0-9:._-]*";

/**
 * The steps, in order.
 *
 * Every pattern is linear on hostile input: a run ends at the character that could start the next attempt (`<`, `{`,
 * `%`), or has an upper bound.
 */
export const VERBATIM_STEPS: readonly VerbatimStep[] = [
  { takesOut: "scripts and styles", pattern: `<(script|style)[^<>]*>[^<]*</(script|style)${BLANK}*>` },
  { takesOut: "comments", pattern: "<!--[^-]*(-[^-]+)*-->" },
  { takesOut: "tags without attributes", pattern: `</?${TAG_NAME}${BLANK}*/?>` },
  {
    // A tag whose attribute people read holds language, so it stays and its letters count.
    takesOut: "tags with attributes",
    pattern: `<${TAG_NAME}${BLANK}(?![^<>]*(alt|title|placeholder|aria-label)=)[^<>=]*=[^<>]*>`,
  },
  {
    // Latin letters with accents belong to an address; other scripts may follow it without a space.
    takesOut: "URLs",
    pattern: "[A-Za-z][A-Za-z0-9+.-]{1,15}://[!#-;=?-~\u00C0-\u024F]+",
  },
  {
    // The match includes the character before: without it every position of a long word would start a scan.
    takesOut: "e-mail addresses",
    pattern: "(^|[ \\t\\r\\n<>(){}\\[\\],;:\"'/|])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+",
  },
  { takesOut: "HTML entities", pattern: "&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});" },
  { takesOut: "nested i18next keys", pattern: "\\$t\\([^()]*\\)" },
  { takesOut: "prefixed placeholders", pattern: "[$%#]\\{[^{}]*\\}" },
  {
    // {name}, {0}, {0:N2}, {price, number}, {}: a name without blanks, or nothing, then a format. `{"a": "b"}` is data.
    takesOut: "placeholders in braces",
    pattern: `\\{${BLANK}*([^{} \\t\\r\\n"',:(]+${BLANK}*)?(,${BLANK}*[A-Za-z0-9-]+${BLANK}*([,:][^{}]*)?|[:(][^{}]*)?\\}`,
  },
  { takesOut: "placeholders in double braces", pattern: "\\{\\{[^{}]*\\}\\}" },
  { takesOut: "template statements", pattern: "\\{%[^{}]*%\\}" },
  {
    takesOut: "named conversions",
    pattern: "%\\([^() \\t\\r\\n]*\\)[-#0+]{0,5}[0-9]{0,9}(\\.[0-9]{1,9})?[diouxXeEfFgGcrs]",
  },
  { takesOut: "key references", pattern: "\\[%[^%\\[\\]]*%\\]" },
  { takesOut: "names between percent signs", pattern: "%[A-Za-z_][A-Za-z0-9_.]{2,63}%" },
  {
    // No space flag, or "100% de" would hold `% d`.
    takesOut: "printf conversions",
    pattern:
      "%([0-9]{1,3}\\$)?[-#0+]{0,5}([0-9]{0,9}|\\*)(\\.([0-9]{0,9}|\\*))?(hh|h|ll|l|L|q|j|z|t)?[diouxXeEfFgGcCsSpn@]",
  },
];

/** Every pattern above holds one of these. */
const SYNTAX = /[<{%&@$]|:\/\//;
const steps = VERBATIM_STEPS.map(({ pattern }) => new RegExp(pattern, "g"));
const LETTER = /\p{L}/u;

/**
 * Whether a text stays as it is in every language: no letter is left when markup, placeholders, URLs and addresses are
 * taken out.
 *
 * True for white space, numbers, symbols and emoji alone. Version strings, UUIDs and file paths hold letters and go to an
 * engine: only a guess separates them from words, and a wrong guess would leave a text untranslated for ever.
 */
export function isVerbatim(text: string): boolean {
  // Seven in eight texts of an interface are words alone.
  if (!SYNTAX.test(text)) return !LETTER.test(text);
  let rest = text;
  // Most texts hold words outside all syntax, but only the end of the sequence can tell which.
  for (const step of steps) {
    if (!LETTER.test(rest)) return true;
    rest = rest.replace(step, " ");
  }
  return !LETTER.test(rest);
}
