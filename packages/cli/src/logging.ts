import { createLogger, EVENT_KEY } from "@trans-hub/worker";
import { destination, type Logger } from "pino";
import type { CommandContext } from "./command-context.ts";
import type { Settings } from "./settings/settings.ts";

const STDERR = 2;

/** The log of a long-running command, on stderr: stdout is for results. */
export async function openLogger(
  { output }: Pick<CommandContext, "output">,
  { logLevel, logFormat }: Pick<Settings, "logLevel" | "logFormat">,
): Promise<Logger> {
  const isPretty = (logFormat ?? (output.showsProgress ? "pretty" : "json")) === "pretty";
  // Written synchronously: the last lines before an exit are the ones that matter.
  const lines = destination({ dest: STDERR, sync: true });
  // A closed log pipe must not end the work.
  lines.on("error", () => undefined);
  if (!isPretty) return createLogger({ level: logLevel, destination: lines });
  const { default: pretty } = await import("pino-pretty");
  return createLogger({
    level: logLevel,
    destination: pretty({
      destination: lines,
      sync: true,
      colorize: output.errorColors.isColorSupported,
      messageKey: EVENT_KEY,
      ignore: "pid",
      translateTime: "SYS:HH:MM:ss.l",
      singleLine: true,
    }),
  });
}
