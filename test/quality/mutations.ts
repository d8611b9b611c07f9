/**
 * The ways in which an engine breaks a translation, each as a function that breaks a right one.
 *
 * A way gives undefined where it has nothing to break. It finds placeholders and tags by plain patterns of its own, so that it
 * shares no blind spot with the checks that it tests.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import type { TextFormat } from "@trans-hub/core";
import type { Pair } from "./pairs.ts";

export interface Way {
  name: string;
  /** What ought to become of the broken text. `either`: the text may still be right. */
  ought: "block" | "warn" | "repair" | "either";
  /** @param neighbour Another pair of the same locale. */
  breakText(pair: Pair, neighbour: Pair): string | undefined;
  /** Matches words that the way adds, as a repair leaves them: a text with them is right. Default: it adds none. */
  adds?: RegExp;
  /** The format under which the broken text is judged. Default: that of the run. */
  format?: TextFormat;
}

const BRACED = /\{\s*([A-Za-z_][\w.]*)\s*\}/;
const SINGLE = /(?<![{$%#])\{([A-Za-z_][\w.]*)\}(?!\})/;
const DOUBLE = /\{\{\s*([\w.]+)\s*\}\}/;
const PRINTF = /(?<![\d%])%(?:(\d)\$)?[sd@](?![A-Za-z])/;
const PLACEHOLDER =
  /\{\{\s*[\w.]+\s*\}\}|%\{\w+\}|%\(\w+\)[sd]|\$\{\w+\}|\{\s*[A-Za-z_][\w.]*\s*\}|(?<![\d%])%(?:\d\$)?[sd@](?![A-Za-z])/;
const PAIRED = /<([a-z][\w-]*|\d+)((?:\s[^<>]*)?)>([^<>]*)<\/\1>/i;
const ATTRIBUTE = (name: string) => new RegExp(`\\b${name}\\s*=\\s*("[^"<>]*"|'[^'<>]*')`, "i");
const CODE = /`([^`\n]+)`/;
const URL_IN = /https?:\/\/[^\s<>"')\]]*[\w/]/;
const EMAIL = /[\w.+-]+@[\w-]+\.[a-z]{2,}/i;
const NUMBER = /(?<![\w{%$#&;.-])\d+(?![\w}$;-])/;
const MD_LINK = /\]\(([^()\s]+)\)/;
const PLURAL = /\{\s*([\w.]+)\s*,\s*(?:plural|selectordinal)\s*,/;
const EMOJI = /(?![©®™])\p{Extended_Pictographic}\ufe0f?/u;

/** Replaces the first match, or gives undefined. */
function once(text: string, pattern: RegExp, by: string | ((...groups: string[]) => string)): string | undefined {
  const replaced = typeof by === "string" ? text.replace(pattern, () => by) : text.replace(pattern, by);
  return replaced === text ? undefined : replaced;
}

function all(text: string, pattern: RegExp, by: string): string | undefined {
  const replaced = text.replace(pattern, by);
  return replaced === text ? undefined : replaced;
}

const hasTokens = (text: string) => /[{}<>%$&]/.test(text);
const isPlural = (text: string) => PLURAL.test(text);
const firstTwo = (text: string, pattern: RegExp) =>
  [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].slice(0, 2);

function swapped(text: string, pattern: RegExp): string | undefined {
  const [first, second] = firstTwo(text, pattern);
  if (first === undefined || second === undefined || first[0] === second[0]) return undefined;
  const [a, b] = [first.index, second.index];
  return `${text.slice(0, a)}${second[0]}${text.slice(a + first[0].length, b)}${first[0]}${text.slice(b + second[0].length)}`;
}

const plain = (
  name: string,
  ought: Way["ought"],
  breakText: (text: string, pair: Pair) => string | undefined,
): Way => ({
  name,
  ought,
  breakText: (pair) => breakText(pair.translation, pair),
});
/** A way for texts with an ICU plural. */
const icu = (name: string, ought: Way["ought"], breakText: (text: string, pair: Pair) => string | undefined): Way =>
  plain(name, ought, (text, pair) => (isPlural(text) ? breakText(text, pair) : undefined));
/** A way for texts of words alone, of at least `length` characters. */
const words = (
  name: string,
  ought: Way["ought"],
  length: number,
  breakText: (text: string, pair: Pair) => string | undefined,
) =>
  plain(name, ought, (text, pair) =>
    text.length >= length && !hasTokens(text) && /\p{L}{2}/u.test(text) ? breakText(text, pair) : undefined,
  );

/** The branch that begins at the first match of `head`, whose last character is its brace; `end` is its closing brace. */
function branchOf(text: string, head: RegExp): { start: number; open: number; end: number } | undefined {
  const found = head.exec(text);
  if (found === null) return undefined;
  const open = found.index + found[0].length - 1;
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return { start: found.index, open, end: at };
  }
  return undefined;
}

function withBranch(text: string, head: RegExp, by: (inner: string) => string | undefined): string | undefined {
  const branch = branchOf(text, head);
  if (branch === undefined) return undefined;
  const inner = by(text.slice(branch.open + 1, branch.end));
  return inner === undefined ? undefined : `${text.slice(0, branch.open + 1)}${inner}${text.slice(branch.end)}`;
}

function withoutBranch(text: string, head: RegExp): string | undefined {
  const branch = branchOf(text, head);
  return branch === undefined ? undefined : text.slice(0, branch.start) + text.slice(branch.end + 1);
}

/** `l’{name}` or `l''{name}`: the apostrophe that a formatter shows, and does not take for a quote. */
const ELISION = /l(?:''|’)(?=\{)/u;
const OTHER = /\bother\s*\{/;
const LATIN_WORDS = ["Guardar", "todos", "los", "cambios", "antes", "de", "cerrar", "la", "ventana", "del", "programa"];
const NON_LATIN = /^(?:ja|zh|ru|uk|bg|ar|he|ko|th|hi|el)\b/;
const SAME_SCRIPT: Readonly<Record<string, string>> = {
  de: "Speichern Sie alle Änderungen vor dem Schließen",
  fr: "Enregistrez toutes les modifications avant de fermer",
  es: "Guarde todos los cambios antes de cerrar",
};

export const WAYS: readonly Way[] = [
  // --- Placeholders
  plain("ph-name-translated", "block", (text) =>
    once(text, /((?:\{|%\()\s*\$?)([A-Za-z_]\w*)(?=\s*[})])/, (_, open, name) => `${open}${name}o`),
  ),
  plain("ph-dropped", "block", (text) => (isPlural(text) ? undefined : once(text, PLACEHOLDER, ""))),
  plain("ph-duplicated", "block", (text) =>
    isPlural(text) ? undefined : once(text, PLACEHOLDER, (found) => `${found} ${found}`),
  ),
  plain("ph-fullwidth-braces", "block", (text) => once(text, BRACED, (_, name) => `｛${name}｝`)),
  plain("ph-fullwidth-percent", "block", (text) => once(text, /(?<![\d%])%(?=(?:\d\$)?[sd@](?![A-Za-z])|\{|\()/, "％")),
  plain("ph-inner-space {x}", "repair", (text) => once(text, SINGLE, (_, name) => `{ ${name} }`)),
  plain("ph-inner-space {{x}}", "repair", (text) =>
    once(text, DOUBLE, (found, name) => (found === `{{${name}}}` ? `{{ ${name} }}` : `{{${name}}}`)),
  ),
  plain("ph-printf-space % s", "block", (text) => once(text, /(?<![\d%])%(?=[sd@](?![A-Za-z]))/, "% ")),
  plain("ph-printf-space %1 $s", "block", (text) => once(text, /%(\d)\$/, (_, index) => `%${index} $`)),
  plain("ph-case", "block", (text) =>
    once(text, /((?:\{|%\()\s*)([A-Za-z_]*[a-z]\w*)(?=\s*[})])/, (_, open, name) => open + name.toUpperCase()),
  ),
  plain("ph-{{x}}-to-{x}", "block", (text) => once(text, DOUBLE, (_, name) => `{${name}}`)),
  plain("ph-{x}-to-{{x}}", "block", (text) =>
    isPlural(text) ? undefined : once(text, SINGLE, (_, name) => `{{${name}}}`),
  ),
  plain("ph-{x}-to-%x%", "block", (text) => once(text, SINGLE, (_, name) => `%${name}%`)),
  plain("ph-{x}-to-[x]", "block", (text) => once(text, SINGLE, (_, name) => `[${name}]`)),
  plain("ph-brace-lost", "block", (text) => once(text, BRACED, (found) => found.slice(0, -1))),
  plain("ph-filled-with-value", "block", (text) => (isPlural(text) ? undefined : once(text, PLACEHOLDER, "42"))),
  plain("ph-invented", "block", (text) => (BRACED.test(text) && !isPlural(text) ? `${text} {extra}` : undefined)),
  plain("ph-invented-printf", "block", (text) => (PRINTF.test(text) ? `${text} %s` : undefined)),
  plain("ph-mask-leaked", "block", (text) => (isPlural(text) ? undefined : once(text, PLACEHOLDER, "__PH_0__"))),
  plain("ph-mask-left-beside", "block", (text) =>
    isPlural(text) ? undefined : once(text, PLACEHOLDER, (found) => `${found} __PH_0__`),
  ),
  {
    name: "printf-swap-unnumbered",
    ought: "block",
    breakText: ({ translation }) => {
      const conversions = [...translation.matchAll(/(?<![\d%])%[sd](?![A-Za-z])/g)].map(([found]) => found);
      return new Set(conversions).size === 2 && conversions.length === 2 ? swapped(translation, /%[sd]/) : undefined;
    },
  },
  plain("printf-swap-same-type (%s %s order)", "either", (text) => {
    const [first, second] = firstTwo(text, /\{\{?\w+\}?\}|%\{\w+\}/);
    return first !== undefined && second !== undefined && !isPlural(text)
      ? swapped(text, /\{\{?\w+\}?\}|%\{\w+\}/)
      : undefined;
  }),
  plain("printf-type-changed", "block", (text) =>
    once(text, /(?<![\d%])(%(?:\d\$)?)([sd])(?![A-Za-z])/, (_, head, type) => head + (type === "s" ? "d" : "s")),
  ),
  plain("printf-index-lost", "block", (text) => once(text, /%\d\$(?=[sd@])/, "%")),
  plain("printf-conversion-lost %(x)s", "block", (text) => once(text, /(%\(\w+\))[sd]/, (_, head) => head)),
  plain("java-grouping %2$,d lost", "block", (text) => once(text, /%\d?\$?,d/, "")),
  plain("escaped-percent %%-to-%", "block", (text) => once(text, /%%/, "%")),
  plain("#{x}-name-changed", "block", (text) => once(text, /#\{(\w+)\}/, (_, name) => `#{${name}o}`)),
  plain("$t()-key-changed", "block", (text) => once(text, /\$t\(([^()]*)\)/, (_, key) => `$t(${key}o)`)),
  plain("[%key%]-changed", "block", (text) => once(text, /\[%([^%\]]*)%\]/, (_, key) => `[%${key}o%]`)),

  // --- Markup
  plain("tag-pair-lost", "block", (text) => once(text, PAIRED, (...groups) => groups[3] ?? "")),
  plain("tag-closing-lost", "block", (text) => once(text, /<\/[a-z\d][\w-]*>/i, "")),
  plain("tag-name-translated", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `<${name}o${attributes}>${inner}</${name}o>`),
  ),
  plain("tag-self-closed <b/>", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `<${name}${attributes}/>${inner}`),
  ),
  plain("tag-spaces < b >", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `< ${name}${attributes} >${inner}< / ${name} >`),
  ),
  plain("href-changed", "block", (text) => once(text, ATTRIBUTE("href"), 'href="/autre"')),
  plain("href-host-localised", "block", (text) =>
    once(text, /(href=["']https?:\/\/[^"'/<>]*)\.(?:com|org|net)/, (_, head) => `${head}.fr`),
  ),
  plain("attribute-class-translated", "block", (text) => once(text, ATTRIBUTE("class"), 'class="clase"')),
  plain("attribute-quotes-curly", "block", (text) =>
    once(text, /(<[a-z][^<>]*=)"([^"<>]*)"/i, (_, head, value) => `${head}“${value}”`),
  ),
  plain("attribute-lost", "block", (text) => once(text, /(<[a-z][\w-]*)\s+[\w-]+="[^"<>]*"/i, (_, head) => head)),
  plain("title-attribute-lost", "warn", (text) => once(text, /\s+title=(?:"[^"<>]*"|'[^'<>]*')/i, "")),
  plain("tags-crossed", "block", (text) =>
    once(text, /<(\w+)>([^<>]*)<(\w+)>([^<>]*)<\/\3>([^<>]*)<\/\1>/, (_, outer, a, inner, b, c) =>
      outer === inner ? "" : `<${outer}>${a}<${inner}>${b}</${outer}>${c}</${inner}>`,
    ),
  ),
  plain("tags-close-before-open", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `</${name}>${inner}<${name}${attributes}>`),
  ),
  plain("tags-second-open-not-closed <b>x<b>", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `<${name}${attributes}>${inner}<${name}${attributes}>`),
  ),
  plain("tag-emptied (text outside)", "warn", (text) =>
    once(text, PAIRED, (found, name, attributes, inner) =>
      inner.trim() === "" ? found : `${inner} <${name}${attributes}></${name}>`,
    ),
  ),
  plain("tag-order-swapped (2 links)", "warn", (text) => swapped(text, /<a\s[^<>]*href=[^<>]*>/i)),
  plain("ph-moved-into-attribute", "block", (text) => {
    const placeholder = PLACEHOLDER.exec(text)?.[0];
    if (placeholder === undefined || !/<[a-z]+>/i.test(text) || isPlural(text)) return undefined;
    return once(
      text.replace(placeholder, () => ""),
      /<([a-z]+)>/i,
      (_, name) => `<${name} title="${placeholder}">`,
    );
  }),
  plain("br-lost", "warn", (text) => once(text, /<br\s*\/?>/i, "")),
  plain("script-injected", "block", (text) => (PAIRED.test(text) ? `${text}<script>alert(1)</script>` : undefined)),
  plain("onclick-injected", "block", (text) =>
    once(text, /<([a-z]\w*)(?=[\s>])/i, (_, name) => `<${name} onclick="alert(1)"`),
  ),
  plain("tag-escaped &lt;b&gt;", "block", (text) =>
    once(text, PAIRED, (_, name, attributes, inner) => `&lt;${name}${attributes}&gt;${inner}&lt;/${name}&gt;`),
  ),
  plain("wrapped-in <p>", "block", (text) => (/^[^<>]*$/.test(text) ? `<p>${text}</p>` : undefined)),

  // --- Entities, quotes, Markdown, code, addresses
  plain("entity-decoded &nbsp;/&amp;/&lt;", "warn", (text) =>
    once(text, /&(nbsp|amp|lt);/, (_, name) => (name === "nbsp" ? "\u00a0" : name === "amp" ? "&" : "<")),
  ),
  plain("entity-double-escaped", "block", (text) =>
    once(text, /&(nbsp|amp|lt|gt|quot|copy);/, (_, name) => `&amp;${name};`),
  ),
  plain("entity-broken &nbsp ;", "block", (text) =>
    once(text, /&(nbsp|amp|lt|gt|quot|copy);/, (_, name) => `&${name} ;`),
  ),
  plain("apostrophe-escaped &#39;", "warn", (text) =>
    /&#?\w+;/.test(text) ? undefined : once(text, /(?<=\p{L})['’](?=\p{L})/u, "&#39;"),
  ),
  plain("quote-escaped &quot;", "warn", (text) => (/&#?\w+;/.test(text) ? undefined : all(text, /"/g, "&quot;"))),
  plain("quotes-backslashed", "warn", (text) => all(text, /(?<!\\)"/g, '\\"')),
  plain("md-link-target-changed", "block", (text) => once(text, MD_LINK, (_, target) => `](${target}/autre)`)),
  plain("md-link-split ] (", "block", (text) => once(text, MD_LINK, (_, target) => `] (${target})`)),
  plain("md-bold-broken ** x **", "warn", (text) => once(text, /\*\*(\S[^*]*\S)\*\*/, (_, inner) => `** ${inner} **`)),
  plain("code-span-translated", "block", (text) => once(text, CODE, (_, code) => `\`${code}o\``)),
  plain("code-backticks-lost", "warn", (text) => once(text, CODE, (_, code) => code)),
  // People translate a name in code, and a handle, now and then.
  plain("<code>-content-translated", "warn", (text) =>
    once(text, /<code>([^<>]+)<\/code>/, (_, code) => `<code>${code}o</code>`),
  ),
  plain("url-changed", "block", (text, { source }) =>
    URL_IN.test(source) ? once(text, URL_IN, (url) => `${url}/fr`) : undefined,
  ),
  plain("url-split-by-space", "block", (text, { source }) =>
    URL_IN.test(source) ? once(text, /(https?:)\/\//, (_, head) => `${head} //`) : undefined,
  ),
  plain("email-changed", "block", (text, { source }) =>
    EMAIL.test(source) ? once(text, EMAIL, (address) => `x${address}`) : undefined,
  ),

  // --- Numbers, lines, quotes
  plain("number-changed", "warn", (text) => once(text, NUMBER, (number) => `${number}7`)),
  plain("number-lost", "warn", (text) => once(text, NUMBER, "")),
  plain("percent-sign-lost 50%", "warn", (text) => once(text, /(\d)\s*[%％٪](?![sd@{(\d])/, (_, digit) => digit)),
  plain("newline-lost", "warn", (text) => once(text.trim(), /\n/, " ")),
  plain("newline-as-backslash-n", "block", (text) => all(text.trim(), /\n/g, "\\n")),
  words("newline-added", "warn", 12, (text) => once(text, /(?<=\S)\s(?=\S)/, "\n\n")),
  plain("crlf", "warn", (text) => all(text.trim(), /(?<!\r)\n/g, "\r\n")),
  words("quotes-added", "warn", 2, (text) => (/["“”«»„]/.test(text) ? undefined : `"${text}"`)),
  words("guillemets-added", "warn", 2, (text) => (/["“”«»„]/.test(text) ? undefined : `«${text}»`)),

  // --- ICU messages
  icu("icu-category-translated", "block", (text) => once(text, /\b(one|other)(?=\s*\{)/, (name) => `${name}o`)),
  icu("icu-other-missing", "block", (text) => withoutBranch(text, OTHER)),
  icu("icu-other-translated", "block", (text) => once(text, /\bother(?=\s*\{)/, "autre")),
  icu("icu-#-lost", "block", (text) => all(text, /#/g, "")),
  icu("icu-#-lost in other only", "block", (text) => withBranch(text, OTHER, (inner) => all(inner, /#/g, ""))),
  icu("icu-#-to-{count}", "either", (text) => once(text, /#/, `{${PLURAL.exec(text)?.[1] ?? ""}}`)),
  icu("icu-#-fullwidth ＃", "block", (text) => all(text, /#/g, "＃")),
  {
    ...plain("icu-apostrophe-quotes-brace (declared auto)", "block", (text, { format }) =>
      // Without a plural only the declaration of its catalog says that a text is an ICU message.
      format !== "icu" || isPlural(text) ? undefined : once(text, SINGLE, (found) => `l'${found}`),
    ),
    adds: ELISION,
  },
  {
    ...plain("icu-apostrophe-quotes-brace (declared icu)", "block", (text) =>
      isPlural(text) ? undefined : once(text, SINGLE, (found) => `l'${found}`),
    ),
    adds: ELISION,
    format: "icu",
  },
  {
    ...icu("icu-apostrophe in branch before {", "block", (text) =>
      withBranch(text, OTHER, (inner) => once(inner, /\{(?=\w+\})/, "l'{")),
    ),
    adds: ELISION,
  },
  plain("icu-select-key-translated", "block", (text) =>
    once(text, /(,\s*select\s*,\s*)(\w+)(?=\s*\{)/, (_, head, key) =>
      key === "other" ? `${head}autre` : `${head}${key}o`,
    ),
  ),
  icu("icu-arg-translated", "block", (text) =>
    once(text, /\{\s*([\w.]+)(?=\s*,\s*(?:plural|selectordinal))/, (found) => `${found}o`),
  ),
  icu("icu-keyword-translated", "block", (text) => once(text, /,\s*plural\s*,/, ", pluriel,")),
  icu("icu-flattened-to-other", "block", (text, { targetLocale }) => {
    // Languages with the form "other" alone need no plural.
    if (/^(?:ja|zh|ko)\b/.test(targetLocale)) return undefined;
    const [whole, other] = [branchOf(text, /\{(?=\s*[\w.]+\s*,\s*plural)/), branchOf(text, OTHER)];
    if (whole === undefined || other === undefined) return undefined;
    return text.slice(0, whole.open) + text.slice(other.open + 1, other.end) + text.slice(whole.end + 1);
  }),
  icu("icu-brace-lost", "block", (text) => once(text, /\}(?=[^}]*$)/, "")),
  icu("icu-branch-emptied", "warn", (text) =>
    withBranch(text, /\b(?:one|few|many|other)\s*\{/, (inner) => (inner.trim() === "" ? undefined : "")),
  ),
  icu("icu-exact =1 changed to =2", "block", (text) =>
    /=2\b/.test(text) ? undefined : once(text, /=1(?=\s*\{)/, "=2"),
  ),
  icu("icu-exact =0 lost", "block", (text) => withoutBranch(text, /=0\s*\{/)),
  plain("icu-number-style-changed", "block", (text) =>
    once(
      text,
      /\{\s*([\w.]+)\s*,\s*(number|date|time)\b([^{}]*)\}/,
      (_, name, type) => `{${name}, ${type}, ::percent}`,
    ),
  ),
  icu("icu-target-categories-missing (ru/pl/uk/ar: few,many dropped)", "warn", (text, { targetLocale }) => {
    if (!/^(?:ru|pl|uk|ar)\b/.test(targetLocale)) return undefined;
    const withoutFew = withoutBranch(text, /\bfew\s*\{/);
    return withoutFew === undefined ? undefined : (withoutBranch(withoutFew, /\bmany\s*\{/) ?? withoutFew);
  }),
  icu("icu-category-foreign (few in es/fr/de)", "warn", (text, { targetLocale }) =>
    /^(?:es|fr|de|ja|zh|it)\b/.test(targetLocale) && !/\bfew\s*\{/.test(text)
      ? once(text, /\bother(?=\s*\{)/, "few {#} other")
      : undefined,
  ),
  icu("icu-duplicate-category", "block", (text) => once(text, /\bother(?=\s*\{)/, "other {#} other")),
  icu("icu-ph-lost in one branch", "block", (text) => withBranch(text, OTHER, (inner) => once(inner, SINGLE, ""))),
  icu("icu-tag-lost in one branch", "block", (text) =>
    withBranch(text, OTHER, (inner) => once(inner, PAIRED, (...groups) => groups[3] ?? "")),
  ),
  plain("icu-select-branches-swapped", "warn", (text) => {
    const [first, second] = firstTwo(text, /\b(?:male|female|true|false)\s*\{[^{}]*\}/);
    if (first === undefined || second === undefined || !/,\s*select\s*,/.test(text)) return undefined;
    const [a, b] = [first[0].replace(/\s*\{[\s\S]*$/, ""), second[0].replace(/\s*\{[\s\S]*$/, "")];
    return text
      .replace(first[0], () => b + first[0].slice(a.length))
      .replace(second[0], () => a + second[0].slice(b.length));
  }),

  // --- Characters
  {
    name: "outer-space-lost",
    ought: "repair",
    breakText: ({ source, translation }) => (/^\s|\s$/.test(source) ? translation.trim() : undefined),
  },
  plain("emoji-lost", "warn", (text) => once(text, EMOJI, "")),
  plain("bidi-override U+202E added", "block", (text) => `\u202e${text}`),
  plain("RLM in placeholder {‏name}", "block", (text) => once(text, BRACED, (_, name) => `{\u200f${name}}`)),
  plain("zero-width space in {na​me}", "block", (text) =>
    once(text, /\{(\w{2})(\w+)\}/, (_, a, b) => `{${a}\u200b${b}}`),
  ),
  plain("U+FFFD", "block", (text) => once(text, /\p{L}(?=\P{L}*$)/u, "\ufffd")),
  words("soft-hyphens", "warn", 12, (text) => all(text, /(\p{L}{4})(?=\p{L}{3})/gu, "$1\u00ad")),

  // --- Words
  words("truncated-half (no token lost)", "warn", 40, (text) => text.slice(0, Math.floor(text.length / 2))),
  words("repeated 5×", "warn", 4, (text) => Array.from({ length: 5 }, () => text).join(" ")),
  plain("echo-of-json", "block", (text) => JSON.stringify({ id: "1", text })),
  plain("code-fence", "block", (text) => `\`\`\`\n${text}\n\`\`\``),
  plain("commentary-before", "warn", (text) => `Here is the translation: ${text}`),
  plain("commentary-after", "warn", (text) => `${text}\n\nNote: I kept the informal tone of the original.`),
  words("refusal-text", "warn", 1, () => "I'm sorry, but I can't assist with that request."),
  words("please-provide-text", "warn", 1, () => "Please provide the text you would like me to translate."),
  {
    name: "source-beside (Save (Guardar))",
    ought: "warn",
    breakText: ({ source, translation }) =>
      hasTokens(source) || source === translation ? undefined : `${source} (${translation})`,
  },
  {
    name: "source-echoed",
    ought: "warn",
    breakText: ({ source, translation }) =>
      source !== translation && /\p{L}{2}.*\s\p{L}{2}/u.test(source) ? source : undefined,
  },
  words("wrong-script (Latin for ja/zh/ru/ar/he)", "warn", 4, (text, { targetLocale }) =>
    NON_LATIN.test(targetLocale) ? LATIN_WORDS.slice(0, 1 + Math.min(10, text.length >> 2)).join(" ") : undefined,
  ),
  words("wrong-language (same script)", "warn", 20, (_, { targetLocale }) => {
    const language = targetLocale.slice(0, 2);
    return language in SAME_SCRIPT ? SAME_SCRIPT[language === "de" ? "fr" : "de"] : undefined;
  }),
  {
    name: "swapped-with-neighbour (no tokens)",
    ought: "warn",
    breakText: ({ source, translation }, neighbour) =>
      hasTokens(source + neighbour.source) || neighbour.translation === translation ? undefined : neighbour.translation,
  },
  {
    name: "swapped-with-neighbour (same tokens)",
    ought: "warn",
    breakText: ({ source, translation }, neighbour) => {
      const [own, its] = [source, neighbour.source].map((text) =>
        [...text.matchAll(new RegExp(PLACEHOLDER, "g"))].join(),
      );
      return own === its && neighbour.translation !== translation && !isPlural(source)
        ? neighbour.translation
        : undefined;
    },
  },
  words("end-punctuation-added", "warn", 4, (text) => (/[\p{L}\p{N}]$/u.test(text) ? `${text}!` : undefined)),
  plain("ellipsis-lost", "warn", (text) => once(text, /(?:…|\.\.\.)\s*$/, "")),
  plain("@mention-translated", "warn", (text) => once(text, /(?<![\w.@])@[a-z]\w+/i, "@canal")),
  plain("U+0000", "block", (text) => `${text}\0`),
  plain("half-surrogate", "block", (text) => `${text}\ud83d`),
  plain("empty", "block", () => ""),
  plain("only-zero-width", "block", () => "\u200b\u200b"),
  words("single-dot", "warn", 8, () => "."),
];
