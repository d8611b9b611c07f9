/**
 * Sentences that say where the borders of words are, in seven languages: for a test.
 *
 * Each frame is filled with each form of each term of its language: `@` stands for the form, and is to be found. The other sentences
 * have words that only look like a term, and nothing is to be found in them, unless it stands between `⟦` and `⟧`.
 */
export interface BorderLanguage {
  readonly locale: string;
  readonly terms: Readonly<Record<string, readonly string[]>>;
  readonly frames: readonly string[];
  readonly others: readonly string[];
}

export const BORDER_SET: readonly BorderLanguage[] = [
  {
    locale: "en",
    terms: { board: ["boards"], add: ["adds", "added"], "credit card": ["credit cards"], API: [] },
    frames: [
      "@ is new here.",
      "Choose the @, then go on.",
      "Nothing but (@)!",
      "See “@” or <b>@</b> in {place}.",
      "First line\n@\nlast line",
      "The old @: what now?",
      "Is it {count} @?",
      "- @ / other",
      "Press *@* to go on",
      "the user's @",
    ],
    others: [
      "Use an add-on for it.",
      "The keyboard is dirty.",
      "Boarding begins soon.",
      "An address has a number.",
      "Rapid rapier, apiary.",
      "{board} is a variable.",
      "{name}add is glued.",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of a text
      "Open ${board} in %(add)s.",
      "The dashboard and the clipboard",
      "on-board computer",
      "board_id and add_user",
      "credit-card and credits card",
      "⟦board⟧ game, boardgame",
      "Padding, wadding? No: ⟦added⟧.",
      '<a href="https://x.example/board">link</a>',
    ],
  },
  {
    locale: "de",
    terms: { Brett: ["Bretts", "Bretter", "Brettern"], Konto: ["Kontos", "Konten"], "Rote Karte": ["Roten Karte"] },
    frames: [
      "@ ist neu.",
      "Das hier (@) öffnen",
      "Wähle „@“ aus.",
      "Kein @, kein Spiel!",
      "Zuerst\n@\nzuletzt",
      "<i>@</i> von {name}",
      "Mit @ und ohne",
    ],
    others: [
      "Das Brettspiel ist alt.",
      "Kontostand und Kontonummer",
      "Das Schneidebrett",
      "Brett-Einstellungen",
      "Girokonto oder Sparkonto",
      "{Konto} fehlt",
      "Rote Kartei",
      "E-Konto-Auszug",
      "⟦Brett⟧ und Brettchen",
      "Unterkonten prüfen",
    ],
  },
  {
    locale: "fi",
    terms: {
      tili: ["tilin", "tilit", "tilillä"],
      taulu: ["taulun", "taulut", "taululle"],
      asetus: ["asetukset", "asetusten"],
    },
    frames: [
      "@ on uusi.",
      "Valitse @ nyt.",
      "Avaa (@)!",
      "”@” puuttuu",
      "Ensin\n@\nlopuksi",
      "Uusi @ – {nimi}",
      "<b>@</b> auki",
      "Ei @?",
    ],
    others: [
      "Tilinumero puuttuu",
      "Käyttäjätili on auki",
      "Taulukko on tyhjä",
      "Perusasetukset ja lisäasetus",
      "tili-ilmoitus",
      "{tili} on muuttuja",
      "Tilintarkastus",
      "Ilmoitustaulu",
      "⟦tili⟧ ja tiliote",
      "asetuslista",
    ],
  },
  {
    locale: "ru",
    terms: {
      доска: ["доски", "доску", "доске", "доской"],
      файл: ["файла", "файлы", "файлов"],
      карта: ["карты", "карту"],
    },
    frames: [
      "@ здесь.",
      "Откройте (@)!",
      "Выбрать «@» сейчас",
      "Новая: @, {name}",
      "Сначала\n@\nпотом",
      "<b>@</b> и всё",
    ],
    others: [
      "Подоска",
      "Профайл и файлообменник",
      "Картинка готова",
      "Дощечка и досканальный",
      "Видеокарта",
      "мета-файл",
      "{файл} — переменная",
      "Файловый менеджер",
      "⟦доска⟧ и доскаут",
      "картавый",
    ],
  },
  {
    locale: "ja",
    terms: { 設定: [], サーバー: ["サーバ"], 積分: [], 保存: [] },
    frames: [
      "@を開く",
      "新しい@です。",
      "「@」を選択",
      "{name}の@を確認",
      "@",
      "ここで@を押す",
      "この@は古い",
      "APIの@",
      "<b>@</b>が必要",
      "まず\n@\n次",
    ],
    others: [
      "累積分布を見る",
      "オブザーバーを追加",
      "設計図と決定",
      "存在の保証",
      "オブサーバント",
      "{設定}は変数",
      "仮設定置",
      "確保存分",
    ],
  },
  {
    locale: "zh",
    terms: { 積分: [], 文件: ["文件夹"], 用户: [], 设置: [] },
    frames: [
      "打开@",
      "新的@已保存",
      "请选择“@”。",
      "{name}的@",
      "@",
      "删除@吗?",
      "查看@和图片",
      "<b>@</b>",
      "API的@",
      "先\n@\n后",
    ],
    others: ["累積分佈圖", "天文件数", "采用户外广告", "{文件}是变量", "公文件袋", "建设置业"],
  },
  {
    locale: "th",
    terms: { ไฟล์: [], บัญชี: [], กระดาน: [], ตา: [] },
    frames: ["เปิด@", "เลือก @ ใหม่", "“@”", "{name} ของ @", "@", "ลบ@ หรือไม่", "<b>@</b>", "สร้าง@ใหม่", "ก่อน\n@\nหลัง"],
    others: ["ตากลม", "ตลาดน้ำ", "ตารางเวลา", "การตายของเขา", "{ไฟล์} คือ", "ตามใจ", "ตาชั่ง"],
  },
];
