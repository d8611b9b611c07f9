/** The protocol of apertium-apy, as its version 0.11 answers: `[es] Save` for each part of a text. */
import type { HttpRequest, Protocol } from "./http-server.ts";

export interface ApertiumRules {
  /** Pairs in the server's own codes; default: English to Spanish and French. */
  pairs?: readonly (readonly [source: string, target: string])[];
  /** Changes the answer to a string. */
  spoil?: (answer: string, request: URLSearchParams) => string;
}

const PAIRS = [
  ["eng", "spa"],
  ["eng", "fra"],
  ["eng", "cat_valencia"],
  ["spa", "eng_US"],
] as const;

export function apertiumProtocol(rules: ApertiumRules = {}): Protocol {
  return (request: HttpRequest) => {
    const pairs = rules.pairs ?? PAIRS;
    if (request.path === "/listPairs") {
      const responseData = pairs.map(([sourceLanguage, targetLanguage]) => ({ sourceLanguage, targetLanguage }));
      return { body: { responseData, responseDetails: null, responseStatus: 200 } };
    }
    const asked = new URLSearchParams(request.body);
    const pair = asked.get("langpair")?.split("|") ?? [];
    if (!pairs.some(([source, target]) => source === pair[0] && target === pair[1])) {
      return {
        status: 400,
        body: { status: "error", code: 400, message: "Bad Request", explanation: "That pair is not installed" },
      };
    }
    const mark = `[${pair[1]}] `;
    // As the real server does, it drops the white space of both ends.
    const q = (asked.get("q") ?? "").trim();
    const answer =
      asked.get("format") === "html" && q.startsWith("<p>")
        ? q.replaceAll("<p>", `<p>${mark}`)
        : q
            .split("\n\n")
            .map((part) => mark + part)
            .join("\n\n");
    const translatedText = rules.spoil?.(answer, asked) ?? answer;
    return { body: { responseData: { translatedText }, responseDetails: null, responseStatus: 200 } };
  };
}
