/** The addresses of servers that engines ask. */
import { EngineConfigError } from "@trans-hub/core/engine";

/**
 * Reads the address of a server.
 *
 * @param setting The setting that the cure names.
 * @param example An address as it must be.
 * @throws {EngineConfigError} It is not a plain http(s) URL. The message does not repeat it, as it may hold a password.
 */
export function readAddress(engine: string, address: string, { setting, example }: AddressCure): URL {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new EngineConfigError(`The address of engine "${engine}" is not a plain http(s) URL`, {
      hint: `Set ${setting} to something like ${example}.`,
    });
  }
  return url;
}

export interface AddressCure {
  setting: string;
  example: string;
}

/**
 * The address of a server that takes no query, without closing slashes.
 *
 * @param setting The setting that the cure names.
 * @throws {EngineConfigError} It is not a plain http(s) URL, or has a query or a fragment.
 */
export function plainAddress(engine: string, address: string, setting: string): string {
  const url = readAddress(engine, address, { setting, example: "http://localhost:5000" });
  if (url.search !== "" || url.hash !== "") {
    throw new EngineConfigError(`The address of engine "${engine}" has a part behind its path`, {
      hint: `Leave out of ${setting} all that follows "?" or "#".`,
    });
  }
  return address.replace(/\/+$/, "");
}

/**
 * Whether a server stands on the team's own machines, judged by its address alone: a loopback or private address, a name
 * without a dot, or one below `.local`, `.internal` or `.svc`. Every other address counts as a third party's, so that a
 * public server is never taken for a private one.
 */
export function processorAt(address: string): "local" | "third-party" {
  const host = (URL.parse(address)?.hostname ?? "").toLowerCase().replace(/^\[|\]$/g, "");
  const isLocal =
    /^(127|10)(\.\d+){3}$|^192\.168(\.\d+){2}$|^172\.(1[6-9]|2\d|3[01])(\.\d+){2}$/.test(host) ||
    /^(::1|f[cd][0-9a-f]{2}:[0-9a-f:]+)$/.test(host) ||
    /^[a-z0-9_-]*[a-z_-][a-z0-9_-]*$/.test(host) ||
    /\.(local|localhost|internal|svc|svc\.cluster\.local)$/.test(host);
  return isLocal ? "local" : "third-party";
}
