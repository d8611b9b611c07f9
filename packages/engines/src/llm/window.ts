/** Notices that a server cut the question to its model's context window and answered the rest. */
import type { EngineFailure } from "@trans-hub/core/engine";
import { engineFailure } from "../failure.ts";

/** Texts of every script have fewer characters a token, taken together with the JSON around them. */
const CHARACTERS_A_TOKEN = 4;
/** Below this part of the estimate the question was cut. */
const LEAST_PART = 0.7;
/** A smaller report is of no window: some servers leave out the tokens that they had in their cache. */
const LEAST_WINDOW_TOKENS = 1_024;

/**
 * The failure of a call whose question arrived in part. Undefined: it arrived whole, or the report does not tell.
 *
 * Ollama cuts the beginning of the question, and with it the prompt. No text of such an answer is to be trusted. Several texts
 * together are a matter of the set-up; a single text is longer than the window.
 *
 * @param user The user message. The system prompt is not counted: servers may report without what they had in their cache.
 * @param reportedTokens The tokens of the question, as the server counted them.
 */
export function cutQuestion(
  engine: string,
  user: string,
  reportedTokens: number,
  itemCount: number,
): EngineFailure | undefined {
  if (reportedTokens < LEAST_WINDOW_TOKENS) return undefined;
  // A tokenizer makes one token of a run of equal characters.
  const sentTokens = user.replace(/(.)\1{3,}/gsu, "$1$1$1").length / CHARACTERS_A_TOKEN;
  if (reportedTokens >= LEAST_PART * sentTokens) return undefined;
  const message = `Engine "${engine}" read ${reportedTokens} tokens of about ${Math.round(sentTokens)}: its context window cut the question`;
  return engineFailure(itemCount > 1 ? "config" : "too_long", message, {
    hint: "Raise the context window of the model (Ollama: OLLAMA_CONTEXT_LENGTH, or num_ctx in a Modelfile), or lower TH_BATCH_SIZE.",
  });
}
