import { text } from "node:stream/consumers";
import type { CommandContext } from "../command-context.ts";

/** A text argument; `-` reads it from stdin, where one final newline belongs to the shell and not to the text. */
export async function textOf(argument: string, { stdin }: Pick<CommandContext, "stdin">): Promise<string> {
  return argument === "-" ? (await text(stdin)).replace(/\r?\n$/, "") : argument;
}
