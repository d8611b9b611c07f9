import type { Check } from "./subject.ts";

/**
 * An answer that speaks about the translation or to the reader instead of being one, in the languages that models fall into.
 * Each is looked for at the beginning or the end of an answer.
 */
const BEGINNINGS = [
  // "Here is the translation:", "Sure! …:", "Translation: …", "The French translation is:"
  "(?:sure|certainly|of course|okay|ok|absolutely)[!,.:]? (?:here|i|the|let)\\b",
  "here(?:'s|’s| is| are) (?:the|your|a|my) (?:[\\p{L}-]+ ){0,4}(?:translat|version|text|result)",
  "(?:the |your )?(?:[\\p{L}]+ )?translat(?:ion|ed text)(?: (?:in|into|to) \\p{L}+| is| of [^:]{1,80})?\\s?:",
  "(?:i am|i'm|i’m) (?:sorry|afraid|unable)[ ,]+(?:but )?(?:i|as an|this|to|that)\\b",
  "(?:sorry|i apologi[sz]e),? (?:but )?i (?:can|am|'m|’m|do|will|don|won)",
  "as an? (?:ai|language model|artificial)",
  "i (?:cannot|can't|can’t|can not|am unable to|won't|won’t|will not) (?:help|assist|translate|provide|comply|do that|fulfil)",
  "(?:please|could you|can you) (?:please )?(?:provide|share|send|give|paste|specify)(?: me)?(?: with)? (?:the |a |some |more )?(?:[\\p{L}]+ ){0,3}(?:text|string|sentence|content|context|word)",
  "(?:it (?:looks|seems) like|there (?:is|seems to be)) (?:you|no) (?:[\\p{L}’']+ ){0,6}(?:text|translate|message)",
  "voici (?:la|une|votre) traduction",
  "traduction(?: (?:en )?français[e]?)?\\s?:",
  "(?:je suis )?désolé[e]?,? (?:mais )?je ne peux pas (?:vous aider|traduire|répondre|vous)",
  "(?:hier ist|dies ist) (?:die|eine|ihre|deine) (?:deutsche )?übersetzung",
  "übersetzung\\s?:",
  "(?:es )?tut mir leid,? (?:aber )?(?:ich kann|dabei kann ich|als)",
  "(?:aquí (?:está|tienes?)|esta es) (?:la|una|tu|su) traducción",
  "traducción\\s?:",
  "lo siento,? (?:pero )?no puedo (?:ayudar|traducir|cumplir|con)",
  "(?:ecco|questa è) la traduzione",
  "(?:aqui está|esta é) a tradução",
  "(?:вот|это) (?:ваш )?перевод",
  "перевод\\s?:",
  "(?:извините|простите), (?:но )?я не могу (?:помочь|перевести|выполнить)",
  "(?:以下是|这是|這是)(?:.{0,6})(?:翻译|翻譯|译文|譯文)",
  "(?:翻译|翻譯|译文|譯文)(?:如下)?[::]",
  "(?:很)?(?:抱歉|对不起|對不起)[,,]我(?:无法|無法|不能)(?:翻译|翻譯|协助|協助|帮助|幫助|提供)",
  "(?:以下は|こちらが|これは)(?:.{0,8})(?:翻訳|訳文|訳)",
  "(?:翻訳|訳文|訳)[::]",
  "申し訳(?:ありません|ございません)が、(?:.{0,12})(?:できません|できかねます|お手伝い)",
];
const ENDINGS = [
  "\\((?:note|translator'?s note|literally|lit\\.|translation)\\b[^()]*\\)",
  "(?:^|[\\n.!?]\\s*)\\**note\\**\\s?:[^\\n]*",
  "(?:^|[\\n.!?]\\s*)explanation\\s?:[^\\n]*",
  "let me know if [^\\n]*",
  "i hope (?:this|that|it) helps[^\\n]*",
  "(?:^|[\\n.!?]\\s*)(?:this|the) (?:is|translation|text|phrase|word|sentence)\\b[^\\n]{0,80}\\b(?:translat|means|refers|literal)[^\\n]*",
  "is there anything else [^\\n]*",
  "(?:i|i've|i’ve|i have) (?:kept|translated|used|preserved|left|chosen|chose)\\b[^\\n]*",
];
const BEGINNING = new RegExp(`^[\\s"'“«*_#>-]*(?:${BEGINNINGS.join("|")})`, "iu");
const ENDING = new RegExp(`(?:${ENDINGS.join("|")})[\\s"'”»*_]*$`, "iu");

/** Models comment in a sentence or two; a long text is searched at its ends alone. */
const SEARCHED_CHARACTERS = 400;

/** The words that stand beside a whole source, at least: "Save (Speichern)", and not a name in its quotes. */
const FEWEST_SOURCE_LETTERS = 4;
const LETTER = /\p{L}/gu;
const SIGN_BEFORE = /[([{（【:：/=–—|-]\s*$/u;
const SIGN_AFTER = /^\s*[([（【:：/=–—|-]/u;

/**
 * An answer is the translation and nothing else: no remark about it, no refusal, no question, and not the source beside it. A
 * source that reads like one itself ("Sorry, I can't do that") is translated as it is.
 */
export const commentary: Check = {
  name: "commentary",
  severity: "retry",
  check(subject) {
    const { source, translation } = subject.given;
    if (speaks(translation) && !speaks(source)) return "it holds a remark of the engine";
    return holdsSource(subject.sourceProse.trim(), subject.translationProse.trim()) ? "it holds its source" : undefined;
  },
};

function speaks(text: string): boolean {
  return BEGINNING.test(text.slice(0, SEARCHED_CHARACTERS)) || ENDING.test(text.slice(-SEARCHED_CHARACTERS));
}

function holdsSource(source: string, translation: string): boolean {
  if (translation.length < source.length + FEWEST_SOURCE_LETTERS) return false;
  const at = translation.indexOf(source);
  if (at === -1 || (source.match(LETTER)?.length ?? 0) < FEWEST_SOURCE_LETTERS) return false;
  const beside = `${translation.slice(0, at)}${translation.slice(at + source.length)}`;
  const isSetApart =
    SIGN_BEFORE.test(translation.slice(Math.max(0, at - 3), at)) ||
    SIGN_AFTER.test(translation.slice(at + source.length, at + source.length + 3));
  return isSetApart && (beside.match(LETTER)?.length ?? 0) >= 2;
}
