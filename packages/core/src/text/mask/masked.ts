/** A text whose protected parts are tokens. */
export interface Masked {
  /** The text to send. */
  text: string;
  /**
   * The answer with the parts of the source in place of the tokens, in any case and with space within them. Undefined: a token is
   * lost, doubled, unknown, or out of an order that matters.
   */
  unmask(answer: string): string | undefined;
}
