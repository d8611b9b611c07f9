import { SettingsError } from "@trans-hub/core";
import { describe, expect, test } from "vitest";
import { isLoopback, TrustedAddresses } from "./trusted-addresses.ts";

describe("trusted addresses", () => {
  const trusted = new TrustedAddresses(["10.0.0.7", "10.1.0.0/16", "fd00::/8", "loopback"], "TH_TRUSTED_PROXIES");

  test.for([
    "10.0.0.7",
    "::ffff:10.0.0.7",
    "::FFFF:10.0.0.7",
    "10.1.255.255",
    "::ffff:10.1.2.3",
    "fd12:3456::1",
    "fd12:3456::1%eth0",
    "127.0.0.1",
    "127.8.8.8",
    "::1",
  ])("have %s", (address) => {
    expect(trusted.has(address)).toBe(true);
  });

  test.for([
    "",
    "10.0.0.8",
    "10.2.0.1",
    "::ffff:10.0.0.8",
    "::10.0.0.7",
    "64:ff9b::10.0.0.7",
    "fc00::1",
    "::2",
    "10.0.0.7, 8.8.8.8",
    "010.000.000.007",
    "167772167",
    "localhost",
  ])("have no '%s'", (address) => {
    expect(trusted.has(address)).toBe(false);
  });

  test.for([
    ["0.0.0.0/0", "everybody could be anybody"],
    ["::/0", "everybody could be anybody"],
    ["10.0.0.0/33", "a length from 1 to 32"],
    ["10.0.0.0/", "a length from 1 to 32"],
    ["fd00::/129", "a length from 1 to 128"],
    ["10.0.0.0/8/8", "an address or a range"],
    ["proxy.internal", "an address or a range"],
    ["::ffff:10.0.0.7", "write it as IPv4"],
    ["", "an address or a range"],
  ] as [string, string][])("are not made of %s", ([entry, problem]) => {
    const make = () => new TrustedAddresses(["10.0.0.7", entry], "TH_TRUSTED_PROXIES");
    expect(make).toThrow(SettingsError);
    expect(make).toThrow(/^TH_TRUSTED_PROXIES: entry 2 /);
    expect(make).toThrow(problem);
  });

  test("are not made of nothing", () => {
    expect(() => new TrustedAddresses([], "TH_TRUSTED_PROXIES")).toThrow("names no address");
  });
});

test("addresses of this machine are loopback ones, in each notation of a socket", () => {
  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])
    expect(isLoopback(address), address).toBe(true);
  for (const address of ["", "10.0.0.1", "::ffff:10.0.0.1", "::2", "1127.0.0.1", "127.0.0.1.example.com"]) {
    expect(isLoopback(address), address).toBe(false);
  }
});
