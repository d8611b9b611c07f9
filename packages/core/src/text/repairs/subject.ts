import type { TextFormat } from "../../contract/engine.ts";
import { readSyntax, type Syntax } from "../syntax.ts";

/** The pair that repairs work on. Facts of the source are read once, when the first repair asks. */
export class RepairSubject {
  readonly source: string;
  readonly format: TextFormat;
  #syntax: Syntax | undefined;

  constructor(source: string, format: TextFormat) {
    this.source = source;
    this.format = format;
  }

  get syntax(): Syntax {
    this.#syntax ??= readSyntax(this.source, this.format);
    return this.#syntax;
  }
}

/** A text after a repair. */
export interface Repaired {
  text: string;
  /** The name of each fault mended, once. Empty: none. */
  repairs: readonly string[];
}

/**
 * Mends one kind of fault in an engine's answer, where the source leaves a single right text. It is deterministic, linear on
 * hostile input, and changes nothing in a text that has not the fault.
 */
export type Repair = (translation: string, subject: RepairSubject) => Repaired;

/** The result of a repair that has a single name. */
export function named(name: string, before: string, text: string): Repaired {
  return { text, repairs: text === before ? [] : [name] };
}
