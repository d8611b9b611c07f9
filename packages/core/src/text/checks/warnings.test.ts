import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { judge } from "./judge.ts";
import type { TranslationToCheck } from "./subject.ts";
import { WARNINGS } from "./warnings.ts";

type Row = [check: string, source: string, translation: string, given?: Partial<TranslationToCheck>];

const warningsOf = (source: string, translation: string, given: Partial<TranslationToCheck> = {}) =>
  judge({ source, translation, sourceLocale: "en", targetLocale: "fr", ...given }).warnings.map(({ check }) => check);

const PLURAL = "{n, plural, one {# file} other {# files}}";

const warned: Row[] = [
  ["commentary", "Save", "Here is the translation: Enregistrer"],
  ["commentary", "Save", "Sure! Here's the French version:\nEnregistrer"],
  ["commentary", "Save", "Translation: Enregistrer"],
  ["commentary", "Kill the process", "I'm sorry, but I can't help with that."],
  ["commentary", "Kill the process", "As an AI language model, I cannot do this."],
  ["commentary", "Kill the process", "Lo siento, pero no puedo ayudar con eso.", { targetLocale: "es" }],
  ["commentary", "x", "Please provide the text that you want me to translate."],
  ["commentary", "Save", "Enregistrer (Note: the imperative would be « Enregistrez »)"],
  ["commentary", "Save", "Enregistrer\n\nNote: I kept the imperative."],
  ["commentary", "Save", "Enregistrer. Let me know if you need anything else!"],
  ["commentary", "Save", "Voici la traduction : Enregistrer"],
  ["commentary", "Save", "以下是翻译：保存", { targetLocale: "zh-CN" }],
  ["commentary", "Save", "Save (Enregistrer)"],
  ["commentary", "Save", "Enregistrer (Save)"],
  ["script", "Save all changes", "Guardar todos los cambios", { targetLocale: "ja" }],
  ["script", "Save all changes", "Сохранить все изменения", { targetLocale: "de" }],
  ["script", "Save all changes", "Sačuvaj sve izmene", { targetLocale: "sr" }],
  ["script", "Save all changes", "Kaydet degisiklikleri", { targetLocale: "ar" }],
  ["same", "Save all changes", "Save all changes"],
  ["repeated", "Save", "Enregistrer Enregistrer Enregistrer Enregistrer Enregistrer"],
  ["repeated", "Save the file", "Enregistrez le fichier. Enregistrez le fichier."],
  ["repeated", "The file is there", "Le fichier est là, là, là, là, là, là, là, là, là, là, là"],
  ["repeated", "Save it", "保存してください。保存してください。", { targetLocale: "ja" }],
  ["element-emptied", "See <link>the list</link> of all", "Voir la liste <link></link> de tous"],
  ["element-emptied", PLURAL, "{n, plural, one {} other {# fichiers}}"],
  ["max-length", "Save", "Enregistrer", { maxLength: 10 }],
  ["max-length", "Save", "e\u0301e\u0301e\u0301", { maxLength: 2 }],
  ["max-length", "Save", "Enregistrer".repeat(20), { maxLength: 1 }],
  ["numbers", "Wait 30 seconds", "Attendez 20 secondes"],
  ["numbers", "Wait 30 seconds", "Attendez quelques secondes"],
  ["numbers", "Wait for it", "Attendez 300 secondes"],
  ["percent", "50% off", "50 de remise"],
  ["percent", "100%% of %s", "100 de %s", { format: "printf" }],
  ["line-breaks", "Delete", "Supprimer\n\n\n\n\n\nSupprimer"],
  ["line-breaks", "One\nTwo", "Un deux"],
  ["line-breaks", "One\nTwo", "Un\r\nDeux"],
  ["br", "One<br>two", "Un deux"],
  ["end-punctuation", "Save it?", "Enregistrez-le."],
  ["end-punctuation", "Save it", "Enregistrez-le."],
  ["end-punctuation", "Save it…", "Enregistrez-le"],
  ["end-punctuation", "The file could not be saved because the disk is full.", "El archivo no se", { targetLocale: "es" }],
  ["quotes-added", "Save", '"Enregistrer"'],
  ["quotes-added", "Save", "« Enregistrer »"],
  ["quotes-added", "Save", "「保存」", { targetLocale: "ja" }],
  ["quotes-added", 'The "file"', 'Le \\"fichier\\"'],
  ["emoji", "Done 🎉", "Terminé"],
  ["emoji", "Done", "Terminé 🎉"],
  ["mention", "Use @channel to call all", "Utilisez @canal pour tous"],
  ["code-element", "Run <code>build</code>", "Lancez <code>construire</code>"],
  ["plural-form-missing", PLURAL, "{n, plural, one {# plik} other {# plików}}", { targetLocale: "pl" }],
  ["plural-form-missing", PLURAL, "{n, plural, other {# fichiers}}"],
  ["plural-form-foreign", PLURAL, "{n, plural, one {#} few {#} other {#}}", { targetLocale: "es" }],
  ["plural-form-foreign", "%d files", "%d个文件", { targetLocale: "zh-CN", pluralCategory: "one" }],
  ["doubled-apostrophe", "Don't show it", "Ne l''affichez pas"],
  ["tag-edge", "Your <b>plan</b> is", "Votre<b>forfait</b> est"],
  ["tag-edge", "Your <b>plan</b> is", "Votre <b>forfait</b>est"],
  ["tag-edge", "Your '<x id=%1$@>Basic</x>' plan", "Votre forfait<x id=%1$@>'Basic</x>'"],
  [
    "tag-order",
    '<a href="/terms">Terms</a> and <a href="/privacy">privacy</a>',
    '<a href="/privacy">Conditions</a> et <a href="/terms">confidentialité</a>',
  ],
]; // biome-ignore format: a table

const unwarned: Row[] = [
  ["commentary", "I'm sorry, I can't do that", "Désolé, je ne peux pas le faire"],
  ["commentary", "Translation: {text}", "Traduction : {text}"],
  ["commentary", "Note: it is slow", "Note : c'est lent"],
  ["commentary", "API", "API (interface)"],
  ["script", "Open in Visual Studio", "Visual Studio で開く", { targetLocale: "ja" }],
  ["script", "Tiler utilization", "Tiler利用率", { targetLocale: "zh-Hans" }],
  ["script", "Save", "Сачувај", { targetLocale: "sr" }],
  ["script", "Save", "Sačuvaj", { targetLocale: "sr-Latn" }],
  ["script", "Save", "Enregistrer", { targetLocale: undefined }],
  ["script", "Save", "Enregistrer", { targetLocale: "not a locale" }],
  ["same", "Visual Studio Code", "Visual Studio Code"],
  ["max-length", "Save", "Enregistrer", { maxLength: 11 }],
  ["max-length", "Save", "e\u0301e\u0301e\u0301", { maxLength: 3 }],
  ["max-length", "{n} files", "{n} fichiers", { maxLength: 12 }],
  ["repeated", "Bye bye bye bye bye bye", "Ciao ciao ciao ciao ciao ciao"],
  ["repeated", "A line: ————————————————————", "Une ligne : ————————————————————"],
  ["repeated", "Very, very good", "Très, très bien"],
  ["element-emptied", "Close <icon></icon>", "Fermer <icon></icon>"],
  ["element-emptied", "{n, plural, =0 {} other {#}}", "{n, plural, =0 {} other {#}}"],
  ["numbers", "1,000.5 files", "1 000,5 fichiers".replace(" ", "\u202f")],
  ["numbers", "Wait 30 seconds", "انتظر ٣٠ ثانية", { targetLocale: "ar" }],
  ["numbers", "Choose three", "Choisissez-en 3"],
  ["numbers", "1 file", "un fichier", { pluralCategory: "one" }],
  ["percent", "50% off", "%50 indirim", { targetLocale: "tr" }],
  ["percent", "Keep 100%% of %s", "احتفظ بـ 100٪ من %s", { targetLocale: "ar", format: "printf" }],
  ["percent", "%d files", "%d fichiers"],
  ["percent", "%{count} day", "un jour"],
  ["percent", "100% sure", "百分之百确定", { targetLocale: "zh-CN" }],
  ["line-breaks", "One\nTwo", "Un\nDeux\n"],
  ["br", "One<br>two", "Un<br/>deux"],
  ["end-punctuation", "Save it.", "保存", { targetLocale: "ja" }],
  ["end-punctuation", "Save it?", "保存しますか？", { targetLocale: "ja" }],
  ["end-punctuation", "Save it...", "Enregistrez-le…"],
  ["end-punctuation", "Save (it).", "Enregistrez (le)."],
  ["end-punctuation", "“Save it.”", "« Enregistrez-le. »"],
  ["end-punctuation", "Save it.", "इसे सहेजें।", { targetLocale: "hi" }],
  ["quotes-added", 'The "file"', "« Le fichier »"],
  ["quotes-added", "'{name}'", "«{name}»"],
  ["emoji", "© 2026", "2026"],
  ["mention", "Write to help@example.com", "Écrivez à help@example.com"],
  ["code-element", "Run <code>build</code>", "<code>build</code> lancez"],
  ["plural-form-missing", PLURAL, "{n, plural, other {# 個}}", { targetLocale: "ja" }],
  ["plural-form-missing", PLURAL, "{n, plural, one {#} other {#}}", { targetLocale: "fr" }],
  ["plural-form-missing", PLURAL, "{n, plural, =1 {un} other {#}}", { targetLocale: "de" }],
  ["plural-form-missing", "{n, plural, other {#}}", "{n, plural, other {#}}", { targetLocale: "pl" }],
  ["plural-form-missing", PLURAL, "{n, plural, one {#} few {#} many {#} other {#}}", { targetLocale: "pl" }],
  ["plural-form-foreign", PLURAL, "{n, plural, =0 {#} one {#} many {#} other {#}}", { targetLocale: "fr" }],
  ["plural-form-foreign", "%d files", "%d plik", { targetLocale: "pl", pluralCategory: "few" }],
  ["plural-form-foreign", "%d files", "%d plik", { targetLocale: "pl", pluralCategory: "=1" }],
  ["doubled-apostrophe", "It''s {n, plural, other {#}}", "L''app {n, plural, other {#}}"],
  ["doubled-apostrophe", "Don't {x}", "Ne l''affichez pas {x}", { format: "icu" }],
  ["tag-edge", "Your <b>plan</b>s", "Vos <b>forfait</b>s"],
  ["tag-edge", "See <b>plan</b>", "<b>プラン</b>を見る", { targetLocale: "ja" }],
  ["tag-edge", "Read the <b>guide</b>", "Lisez l’<b>aide</b>"],
  ["tag-order", '<a href="/a">A</a> <a href="/b">B</a>', '<a href="/a">A</a> <a href="/b">B</a>'],
]; // biome-ignore format: a table

test.each(warned)("%s is warned of: %j as %j", (check, source, translation, given) => {
  expect(warningsOf(source, translation, given)).toContain(check);
});

test.each(unwarned)("%s is not warned of: %j as %j", (check, source, translation, given) => {
  expect(warningsOf(source, translation, given)).not.toContain(check);
});

test("every warning check has a row of either kind, or a test of its own", () => {
  for (const rows of [warned, unwarned]) {
    const shown = new Set(rows.map(([check]) => check));
    expect(WARNINGS.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual(["length"]);
  }
});

describe("a text of a megabyte is judged in time", () => {
  const SIZE = 2 ** 20;
  const pieces = [
    "(", '"', "'", "<", "<a", "<a ", "<code>", "<a></", "@a", "1,", "1", "%", " ", "\n", "\r", ".", "word ", "é", "字", "ab",
    "🎉", "''", "{", "{}", "}", "a{ ", "<a href='", "note: ", "i'm sorry ", "here is the ", "]](", "`", "\\\"", "x<b>", "</b>x",
  ]; // biome-ignore format: a table

  test.each(pieces)("%j over and over", async (piece) => {
    const text = piece.repeat(SIZE / piece.length);
    const mixed = `${piece.repeat(100)}x`.repeat(SIZE / (piece.length * 100 + 1));
    for (const translation of [text, mixed]) {
      const ms = await cpuMs(() => {
        judge({ source: text, translation, sourceLocale: "en", targetLocale: "ja" });
        judge({ source: "Save", translation, sourceLocale: "en", targetLocale: "fr" });
      });
      expect(ms).toBeLessThan(4_000);
    }
  });
});
