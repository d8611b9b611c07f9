/** The protocol of LibreTranslate, as its version 1.6 answers: `[es] Save`. */
import type { Protocol } from "./http-server.ts";

export interface LibretranslateRules {
  apiKey?: string;
  /** Default: English, Spanish, French, and Chinese by Argos' old codes. */
  languages?: readonly { code: string; targets?: readonly string[] }[];
  /** The most letters of a request. */
  charLimit?: number;
  /** The most texts of a request. */
  batchLimit?: number;
  /** Changes the list of answers. */
  spoil?: (answers: string[]) => unknown;
}

const CODES = ["en", "es", "fr", "zh", "zt", "pb"];
const LANGUAGES = CODES.map((code) => ({ code, name: code, targets: CODES.filter((each) => each !== code) }));

export function libretranslateProtocol(rules: LibretranslateRules = {}): Protocol {
  const languages = rules.languages ?? LANGUAGES;
  const error = (status: number, words: string) => ({ status, body: { error: words } });
  return ({ path, body }) => {
    if (path === "/languages") return { body: languages };
    const { q, source, target, api_key: key } = JSON.parse(body) as Record<string, unknown>;
    if (rules.apiKey !== undefined && key !== rules.apiKey) return error(403, `Invalid API key: ${key}`);
    const texts = (Array.isArray(q) ? q : [q]) as string[];
    if (texts.length > (rules.batchLimit ?? 1_000)) {
      return error(400, `Invalid request: request (${texts.length}) exceeds batch limit (${rules.batchLimit})`);
    }
    const letters = texts.join("").length;
    if (letters > (rules.charLimit ?? 1_000_000)) {
      return error(400, `Invalid request: request (${letters}) exceeds text limit (${rules.charLimit})`);
    }
    for (const code of [source, target]) {
      if (code !== "auto" && !languages.some((each) => each.code === code))
        return error(400, `${code} is not supported`);
    }
    const answers = texts.map((text) => `[${target}] ${text}`);
    return {
      body: {
        ...(source === "auto" && { detectedLanguage: texts.map(() => ({ confidence: 90, language: "en" })) }),
        translatedText: rules.spoil?.(answers) ?? answers,
      },
    };
  };
}
