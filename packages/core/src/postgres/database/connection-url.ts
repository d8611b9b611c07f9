/** The URL of a database whose password may change while the process runs. */
import { SettingsError } from "../../contract/errors.ts";
import { optionKinds } from "../../rules/options.ts";

/**
 * The URL, or a function that gives the URL of this moment. It is called for each new connection, and must not throw. What it
 * gives is checked then: no connection is made with anything but a PostgreSQL URL.
 */
export type ConnectionUrl = string | (() => string);

/**
 * The URL of this moment.
 *
 * @throws {SettingsError} The function gave something else.
 */
export function urlNow(url: ConnectionUrl): string {
  if (typeof url === "string") return url;
  const given: unknown = url();
  const [problem] = optionKinds.postgresUrl(given, "databaseUrl");
  if (problem !== undefined) {
    throw new SettingsError([problem], { hint: "The function that gives the database's URL gave another value." });
  }
  return given as string;
}
