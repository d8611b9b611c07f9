/** The addresses of proxies whose word about a login counts. */

import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import { SettingsError } from "@trans-hub/core";

export class TrustedAddresses {
  readonly #list = new BlockList();

  /**
   * @param entries Addresses and ranges: `10.0.0.7`, `10.1.0.0/16`, `fd00::/8`, or `loopback`.
   * @param key The setting that a complaint names.
   * @throws {SettingsError} An entry is none, or is a range of everything.
   */
  constructor(entries: readonly string[], key: string) {
    const problems = entries.flatMap((entry, at) => {
      const problem = this.#add(entry.trim());
      return problem === undefined ? [] : [{ key, problem: `entry ${at + 1} ${problem}` }];
    });
    if (entries.length === 0) problems.push({ key, problem: "names no address" });
    if (problems.length > 0) throw new SettingsError(problems);
  }

  /** Gives the problem of an entry that is none. */
  #add(entry: string): string | undefined {
    if (entry === "loopback") {
      this.#list.addSubnet("127.0.0.0", 8, "ipv4");
      this.#list.addAddress("::1", "ipv6");
      return undefined;
    }
    const [address = "", length, ...more] = entry.split("/");
    const family = isIP(address);
    if (family === 0 || more.length > 0) return "must be an address or a range, such as 10.0.0.7 or 10.1.0.0/16";
    if (isMapped(address)) return "is an IPv4 address in IPv6: write it as IPv4";
    const most = family === 4 ? 32 : 128;
    if (length === undefined) {
      this.#list.addAddress(address, family === 4 ? "ipv4" : "ipv6");
      return undefined;
    }
    if (!/^\d{1,3}$/.test(length) || Number(length) > most)
      return `must have a length from 1 to ${most} behind the slash`;
    if (Number(length) === 0) return "is every address: then everybody could be anybody";
    this.#list.addSubnet(address, Number(length), family === 4 ? "ipv4" : "ipv6");
    return undefined;
  }

  /** Whether a connection comes from one of them. An IPv4 address in IPv6, which a socket for both reports, is that IPv4 address. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.#list.check(plain, "ipv4");
    return isIPv6(plain) && this.#list.check(plain, "ipv6");
  }
}

/** Whether an address is reached from this machine alone. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return (isIPv4(plain) && plain.startsWith("127.")) || plain === "::1";
}

/** Without the zone of a link-local address, and IPv4 as IPv4. */
function plainAddress(address: string): string {
  const [plain = ""] = address.split("%");
  const [, mapped] = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(plain) ?? [];
  return mapped ?? plain;
}

function isMapped(address: string): boolean {
  return isIPv6(address) && new URL(`http://[${address}]`).hostname.startsWith("[::ffff:");
}
