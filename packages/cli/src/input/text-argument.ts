import { text } from "node:stream/consumers";
import type { CommandContext } from "../command-context.ts";

/** A text given as an argument; `-` reads it from stdin, where one final newline is the shell's and not the text's. */
export async function textOf(argument: string, { stdin }: Pick<CommandContext, "stdin">): Promise<string> {
  return argument === "-" ? (await text(stdin)).replace(/\r?\n$/, "") : argument;
}
