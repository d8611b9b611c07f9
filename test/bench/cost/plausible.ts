/**
 * Translations with the length and the tokens of real ones, but no meaning: each word becomes one of the target language that is
 * about 1.1 times as long. Placeholders, markup, code, addresses and numbers stay.
 */

/** Common words of interfaces. */
const WORDS: Readonly<Record<string, string>> = {
  de: "ab an da du er es im in ja so um zu am auf aus bei das der die ein für hat ist kann man mit neu nur oder und von vor wir zum alle auch beim Code diese doch ganz hier jede kein Land mehr nach Name noch oben sehr Seite sind Text über unter wenn wird Zeit Daten Datei Datum durch Feld geben gehen heute immer ihren Konto keine Liste Menge nicht ohne Preis schon weiter zeigen Anzahl Artikel Auswahl Eingabe Element einmal Fehler fertig Filter gelöscht Gruppe Inhalt können Kunden laden Medien nächste Nutzer öffnen Ordner senden sollen Sprache Version wählen werden Adresse anderen anlegen Ansicht Beispiel bereits Bestand drucken Gerät Meldung Nachricht Optionen Passwort speichern Schlüssel verfügbar Vorlage Zahlung Zugriff abbrechen anmelden Bestellung bearbeiten benötigt Benutzer hinzufügen schließen Übersicht verbunden verwenden Werkzeug Änderungen Aktualisierung auswählen automatisch Berechtigung Beschreibung Bestätigung Einstellungen Konfiguration Verbindung wiederholen zurücksetzen Benachrichtigung Veröffentlichung",
  fr: "à au ce de du en et il la le ne on ou pas par que qui sur un une les des est pour dans nous vous avec mais plus tout cette code date elle état être fait lien liste même mode mois nom page pays prix sans son type voir vue zone aucun autre avant champ choix clé compte deux droit ici jour lire mettre moins nouveau ordre texte valeur vers ajouter après article chaque client créer dernier données durée entrée erreur fermer fichier filtre groupe heures image langue limite menu message modèle option ouvrir partage produit publier quand retour serveur session sortie suivant taille temps terminé version activer afficher adresse adresses annuler appareil changer commande connexion contenu dossier élément envoyer imprimer modifier paiement paramètre permet quantité recherche service supprimer système tableau utiliser accéder bibliothèque chargement confirmer connecter description disponible enregistrer identifiant impossible modifications notification nouvelles paramètres préférences précédent réinitialiser sélectionner synchronisation télécharger utilisateur vérification automatiquement configuration autorisation",
  ja: "の を に は が で と も 値 数 名 年 日 時 新 開く 追加 削除 編集 保存 検索 設定 表示 選択 作成 変更 更新 確認 入力 完了 画面 項目 情報 一覧 商品 注文 支払い 言語 期間 場所 必要 有効 無効 失敗 成功 接続 送信 受信 公開 共有 印刷 中止 次へ 戻る 閉じる ファイル フォルダ データ ユーザー エラー メール ページ リスト コード アカウント パスワード ログイン メッセージ サーバー デバイス バージョン テンプレート オプション カテゴリ キャンセル ダウンロード アップロード プレビュー インストール アプリケーション インターフェース しました できません してください されています",
};

/** A Japanese text has about half the characters of an English one. */
const LENGTH: Readonly<Record<string, number>> = { de: 1.1, fr: 1.1, ja: 0.5 };

/** What stays: placeholders and messages in braces, markup, entities, code, addresses, words with marks or numbers in them. */
const KEPT =
  /\{\{[\s\S]*?\}\}|[$%#]?\{[\s\S]*\}|\$t\([^)]*\)|<[^>]*>|&#?\w+;|`[^`]*`|\[%[^%]*%\]|\w+:\/\/\S+|\S+@\S+|%[-+#0-9.$*,]*[a-zA-Z@]+|%\([^)]*\)\w|[:@$#&_/\\]\w+\S*|\S*\d\S*|\b[A-Z]{2,}\w*|\S+[._/\\]\S+/gu;
const WORD = /\p{L}+(?:['’]\p{L}+)*/gu;

/** The translator of one target locale. Equal texts have equal translations. */
export function plausible(locale: string): (text: string, keep?: readonly string[]) => string {
  const ratio = LENGTH[locale] ?? 1.1;
  const byLength = new Map<number, string[]>();
  for (const word of (WORDS[locale] ?? "").split(" ")) {
    byLength.set(word.length, [...(byLength.get(word.length) ?? []), word]);
  }
  const longest = Math.max(...byLength.keys());
  const wordFor = (word: string, at: number): string => {
    let length = Math.min(longest, Math.max(1, Math.round(word.length * ratio)));
    while (!byLength.has(length)) length = length >= longest ? 1 : length + 1;
    const words = byLength.get(length) ?? [];
    const chosen = words[(hash(word.toLowerCase()) + at) % words.length] ?? word;
    return /^\p{Lu}/u.test(word) ? chosen[0]?.toUpperCase() + chosen.slice(1) : chosen.toLowerCase();
  };
  const translate = (text: string) => {
    const words = text.replace(WORD, wordFor);
    return locale === "ja" ? words.replace(/(?<=\P{ASCII}) (?=\P{ASCII})/gu, "") : words;
  };
  return (text, keep = []) => around(text, [KEPT, ...keep], translate);
}

/** Applies a function to the parts of a text between those that match. */
function around(text: string, kept: readonly (RegExp | string)[], translate: (part: string) => string): string {
  const sources = kept.map((part) =>
    typeof part === "string" ? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : part.source,
  );
  const pattern = new RegExp(sources.reverse().join("|"), "gu");
  let result = "";
  let from = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    result += translate(text.slice(from, index)) + found;
    from = index + found.length;
  }
  return result + translate(text.slice(from));
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
