/** The protocol of DeepL's API, version 2: `[ES] Save`. */
import type { Protocol } from "./http-server.ts";

export interface DeeplRules {
  apiKey?: string;
  used?: number;
  /** Targets; default: any. */
  targets?: readonly string[];
  /** Changes the list of answers. */
  spoil?: (answers: unknown[]) => unknown;
}

export function deeplProtocol({ apiKey = "k-very-secret", used = 10, targets, spoil }: DeeplRules = {}): Protocol {
  const error = (status: number, message: string) => ({ status, body: { message } });
  return ({ path, headers, body }) => {
    if (headers.authorization !== `DeepL-Auth-Key ${apiKey}`) {
      return error(403, `Authorization failure, check auth_key ${headers.authorization}`);
    }
    if (path === "/v2/usage") return { body: { character_count: used, character_limit: 500_000 } };
    if (Buffer.byteLength(body) > 128 * 1024) return error(413, "Request Entity Too Large");
    const { text, target_lang: target, formality, tag_handling: tags } = JSON.parse(body) as Record<string, unknown>;
    if (!Array.isArray(text) || text.length === 0) return error(400, "Bad request. Reason: 'text' missing.");
    if (text.length > 50) return error(400, "Bad request. Reason: Too many texts.");
    if (text.some((each) => each === "")) return error(400, "Parameter 'text' not specified.");
    if (targets?.includes(String(target)) === false) return error(400, "Value for 'target_lang' not supported.");
    if (formality === "more" || formality === "less") {
      return error(400, "'formality' is not supported for given 'target_lang'.");
    }
    if (tags === "xml" && text.some((each) => /&(?!\w+;|#)/.test(each))) {
      return error(400, "Tag handling parsing failed, please check input.");
    }
    const translations = text.map((each) => ({
      detected_source_language: "EN",
      text: `[${target}] ${each}`,
      billed_characters: [...each].length,
      model_type_used: "quality_optimized",
    }));
    return { body: { translations: spoil?.(translations) ?? translations } };
  };
}
