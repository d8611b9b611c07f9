import type { Engine } from "@trans-hub/core/engine";
import type { Sent } from "./trial.ts";

/** Such as `openai (a third party) for 15 texts: 15 calls, about 9,000 tokens, 812 characters of text`. */
export function costOf({ name, processor }: Engine, sent: Sent, texts: number): string {
  const who = processor === "third-party" ? `${name} (a third party)` : name;
  const tokens = sent.estimatedTokens === null ? [] : [`about ${number(sent.estimatedTokens)} tokens`];
  return `${who} for ${number(texts)} ${texts === 1 ? "text" : "texts"}: ${[
    `${number(sent.calls)} ${sent.calls === 1 ? "call" : "calls"}`,
    ...tokens,
    `${number(sent.characters)} characters`,
  ].join(", ")}; more where an answer is not accepted`;
}

function number(value: number): string {
  return Math.ceil(value).toLocaleString("en");
}
