/** The characters that a provider bills, request by request. */
import type { EngineBatch, EngineItem, EngineReply } from "@trans-hub/core/engine";
import type { HttpAnswer } from "./http-call.ts";
import { isUnbilledStatus, isUnreached } from "./unbilled.ts";

/** The characters of a batch's texts, as Unicode counts them: the most that a provider bills for it. */
export function charactersOf({ items }: Pick<EngineBatch, "items">): { characters: number } {
  let characters = 0;
  for (const { text } of items) {
    characters += text.length;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      // The second half of a pair is no character of its own.
      if (code >= 0xdc00 && code <= 0xdfff) characters -= 1;
    }
  }
  return { characters };
}

/** What the requests of one call were billed, and may have been. */
export class Tally {
  billed = 0;
  lost = 0;

  /**
   * Counts a request: its characters are lost until its answer says that they were billed, or never will be.
   *
   * @param billedIn The characters that an answer says it billed. Undefined: those of the texts.
   */
  async count(
    items: readonly EngineItem[],
    request: () => Promise<HttpAnswer>,
    billedIn: (answer: HttpAnswer) => number | undefined = () => undefined,
  ): Promise<HttpAnswer> {
    const { characters } = charactersOf({ items });
    this.lost += characters;
    let answer: HttpAnswer;
    try {
      answer = await request();
    } catch (error) {
      if (isUnreached(error)) this.lost -= characters;
      throw error;
    }
    if (answer.status === 200) this.billed += billedIn(answer) ?? characters;
    if (answer.status === 200 || isUnbilledStatus(answer.status)) this.lost -= characters;
    return answer;
  }
}

/** Adds to a reply what its requests were billed. */
export async function tallied(call: (tally: Tally) => Promise<EngineReply>): Promise<EngineReply> {
  const tally = new Tally();
  const reply = await call(tally);
  return {
    ...reply,
    ...(tally.billed > 0 && {
      usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, characters: tally.billed },
    }),
    unconfirmed: tally.lost === 0 ? "none" : { characters: tally.lost },
  };
}
