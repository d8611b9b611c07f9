import { counted } from "./counted.ts";
import { differenceOf } from "./difference.ts";
import type { Check, CheckSubject, TranslationToCheck } from "./subject.ts";

const URL = /(?<![A-Za-z0-9+.-])(?:[A-Za-z][A-Za-z0-9+.-]{1,15}:\/\/|www\.)[!#-;=?-Z\]_a-z~\u00C0-\u024F]+/g;
const TAG = /<[^<>]*>/g;
/** Signs after an address that belong to the sentence. */
const SENTENCE = ".,;:!?)]}'*_";

/** The web addresses of a translation are those of its source. Addresses in tags are compared with the tags. */
export const url: Check = {
  name: "url",
  severity: "block",
  check(subject) {
    if (!/:\/\/|www\./.test(subject.given.source)) return undefined;
    return lostOf(subject, urlsOf, "URL");
  },
};

const EMAIL = /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g;

/** The e-mail addresses of a translation are those of its source. */
export const email: Check = {
  name: "email",
  severity: "block",
  check(subject) {
    if (!subject.given.source.includes("@")) return undefined;
    return lostOf(subject, (text) => text.replace(URL, " ").match(EMAIL) ?? [], "e-mail address");
  },
};

const CODE = /```[^`]*```|`[^`\n]+`/g;

/** Code between backticks stays as it is. */
export const code: Check = {
  name: "code",
  severity: "block",
  check(subject) {
    if (!subject.given.source.includes("`")) return undefined;
    return lostOf(subject, (text) => (text.match(CODE) ?? []).map((span) => span.replace(/\s+/g, " ")), "code span");
  },
};

const TARGET = /\]\(<?([^()\s<>]+)/g;
/** A link from its first bracket to its last one. */
const LINK = /\[[^[\]]*\]\(((?:[^()\s]|\([^()\s]*\))+)(?:\s"[^"()]*")?\)/g;

/** The targets of Markdown links stay, directly behind the text of their link. A machine keeps all brackets of a link. */
export const linkTarget: Check = {
  name: "link-target",
  severity: "block",
  check(subject) {
    if (!subject.given.source.includes("](")) return undefined;
    const { given, isByMachine } = subject;
    const targetsBy = (pattern: RegExp) => (text: string) =>
      [...text.matchAll(pattern)].map(([, target = ""]) => localized(target, given));
    const fault = lostOf(subject, targetsBy(TARGET), "link target");
    return fault ?? (isByMachine ? lostOf(subject, targetsBy(LINK), "link") : undefined);
  },
};

function lostOf(subject: CheckSubject, read: (text: string, given: TranslationToCheck) => string[], noun: string) {
  const { given, each, isByMachine } = subject;
  const own = read(given.source, given);
  const { missing, added } = differenceOf(own, read(given.translation, given), each);
  if (missing > 0) return `${counted(missing, noun)} missing`;
  // A person may write for whom an address is, once more; a machine doubles it, or invents one.
  return isByMachine && own.length > 0 && added > 0 ? `${counted(added, noun)} added` : undefined;
}

function urlsOf(text: string, given: TranslationToCheck): string[] {
  return (text.replace(TAG, " ").match(URL) ?? []).map((found) => {
    let end = found.length;
    while (SENTENCE.includes(found[end - 1] ?? " ")) end -= 1;
    return localized(found.slice(0, end), given);
  });
}

/**
 * An address without the parts that name the language of either text (`en.` and `/en-US/`): a person leads readers to the page
 * in their language, which a machine cannot know to exist.
 */
function localized(address: string, { by, sourceLocale, targetLocale }: TranslationToCheck): string {
  if (by === "machine" || targetLocale === undefined) return address;
  const codes = new Set(
    [sourceLocale ?? "en", targetLocale].flatMap((locale) => {
      const lower = locale.toLowerCase();
      return [lower, lower.replaceAll("-", "_"), lower.split("-", 1)[0] ?? lower];
    }),
  );
  return address
    .split(/(?=[/.?&=#])/)
    .filter((part) => !codes.has(part.replace(/^[/.?&=#]+/, "").toLowerCase()))
    .join("")
    .replace(/(:\/\/)[A-Za-z_-]{2,10}(?=\.)/, (found, scheme: string) =>
      codes.has(found.slice(scheme.length).toLowerCase()) ? scheme : found,
    );
}
