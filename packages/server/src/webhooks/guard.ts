/**
 * Keeps webhooks out of networks that are not public.
 *
 * A URL comes from a project's administrator, who may not be the operator's friend: without a guard the server would open connections
 * to whatever only it can reach, such as the metadata service of a cloud. The judgement falls on the addresses that the
 * connection is made to, never on the name: a name may resolve to another address with each question.
 */
import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** An address that a name resolves to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Resolves a name to all its addresses. */
export type Lookup = (hostname: string) => Promise<Address[]>;

/** The URL, or an address that its host resolves to, is none that a webhook may use. The message names no address. */
export class RefusedUrlError extends Error {}

/** Every block of IPv4 that is not for the public internet (IANA's registry of special purposes), and one public metadata service. */
const SPECIAL_IPV4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // Azure answers virtual machines here, with their configuration and certificates.
  "168.63.129.16/32",
];

/** The global unicast addresses of IPv6. NAT64, IPv4-mapped, link-local, unique local, site-local and multicast ones are outside. */
const GLOBAL_IPV6 = "2000::/3";

/** What is not public within them: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112. */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

const SPECIAL = blockListOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const GLOBAL = blockListOf([GLOBAL_IPV6]);

/** Ports from here on belong to no old service, with which a message could be made to speak. */
const FIRST_FREE_PORT = 1024;

/** Questions to the resolver at once: each takes one of the process's four threads, and a bad name server can hold it for long. */
const MOST_LOOKUPS = 2;

export interface GuardOptions {
  /** Hosts and networks that may be reached all the same, also by plain HTTP: names, `*.names`, addresses and CIDR blocks. */
  readonly allow?: readonly string[];
  /** Default: the system's resolver. */
  readonly lookup?: Lookup;
}

export class WebhookGuard {
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #networks = new BlockList();
  readonly #lookup: Lookup;
  #hasNetworks = false;

  /** @throws {RangeError} An entry of `allow` is neither a host name nor an address nor a block of addresses. */
  constructor({ allow = [], lookup = resolve }: GuardOptions = {}) {
    this.#lookup = atMost(MOST_LOOKUPS, lookup);
    for (const entry of allow) {
      if (addNetwork(this.#networks, entry)) this.#hasNetworks = true;
      else if (/^\*\.[a-z0-9.-]+$/i.test(entry)) this.#suffixes.push(plainName(entry.slice(1)));
      else if (/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?$/i.test(entry) && !/^[\d.]+$/.test(entry))
        this.#names.add(plainName(entry));
      else throw new RangeError("must be a host name, *.name, an address or a block of addresses such as 10.0.0.0/8");
    }
  }

  /**
   * Checks what the URL itself says, without a question to the resolver.
   *
   * @throws {RefusedUrlError} With the reason, to be shown to who gave the URL.
   */
  checkUrl(text: string): URL {
    const url = parseUrl(text);
    const host = hostOf(url);
    const isAllowedName = this.#isAllowedName(host);
    if (isIP(host) !== 0) {
      this.#requireReachable(host);
    } else if (!isAllowedName && isLocalName(host)) {
      throw new RefusedUrlError(`its host is this machine's own name; ${ALLOW_HINT}`);
    }
    if (isAllowedName || this.#isAllowedAddress(host)) return url;
    // A name may turn out to be in an allowed network; whether it is, is known when it is resolved.
    if (url.protocol === "http:" && (isIP(host) !== 0 || !this.#hasNetworks)) throw new RefusedUrlError(HTTPS_ONLY);
    const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
    if (url.protocol === "https:" && port !== 443 && port < FIRST_FREE_PORT) {
      throw new RefusedUrlError(`its port must be 443, or ${FIRST_FREE_PORT} and above`);
    }
    return url;
  }

  /**
   * The addresses that a connection to the URL may be made to. Connect to these, and ask for none again.
   *
   * @throws {RefusedUrlError} The URL or one of its addresses is refused. An answer with a public and a private address is
   *   refused as a whole: the attempt at the public one may fail on purpose.
   * @throws The resolver's own error.
   */
  async addressesOf(url: URL): Promise<Address[]> {
    this.checkUrl(url.href);
    const host = hostOf(url);
    const family = isIP(host);
    const addresses = family === 0 ? await this.#lookup(host) : [{ address: host, family: family as 4 | 6 }];
    if (addresses.length === 0) throw new RefusedUrlError("its host has no address");
    if (this.#isAllowedName(host)) return addresses;
    for (const { address } of addresses) this.#requireReachable(address);
    if (url.protocol === "http:" && !addresses.every(({ address }) => this.#isAllowedAddress(address))) {
      throw new RefusedUrlError(HTTPS_ONLY);
    }
    return addresses;
  }

  #requireReachable(address: string): void {
    if (!this.#isAllowedAddress(address) && !isPublic(address)) {
      throw new RefusedUrlError(`its host has an address that is not public; ${ALLOW_HINT}`);
    }
  }

  #isAllowedAddress(address: string): boolean {
    return this.#hasNetworks && contains(this.#networks, address);
  }

  #isAllowedName(host: string): boolean {
    return this.#names.has(host) || this.#suffixes.some((suffix) => host.endsWith(suffix));
  }
}

const ALLOW_HINT = "an operator may allow it with TH_WEBHOOK_ALLOW";
const HTTPS_ONLY = `it must begin with https://; ${ALLOW_HINT}`;

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:") || url.hostname === "") {
    throw new RefusedUrlError("it must be a URL such as https://example.com/hooks");
  }
  if (url.username !== "" || url.password !== "") {
    throw new RefusedUrlError("it must have no user name and no password: the signature proves the sender");
  }
  if (url.hash !== "") throw new RefusedUrlError("it must have no part after #: no server gets that");
  return url;
}

/** The name or address of a URL: without brackets, and without the dot at the end of a full name. */
function hostOf({ hostname }: URL): string {
  return plainName(hostname.replace(/^\[(.*)\]$/, "$1"));
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.+$/, "");
}

function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || contains(SPECIAL, address)) return false;
  return family === 4 || contains(GLOBAL, address);
}

function contains(list: BlockList, address: string): boolean {
  // An address with a zone is link-local.
  if (address.includes("%")) return false;
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}

function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) if (!addNetwork(list, block)) throw new RangeError(`${block} is no block of addresses`);
  return list;
}

/** Adds an address or a block of addresses. False: it is neither. */
function addNetwork(list: BlockList, entry: string): boolean {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return false;
  list.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  return true;
}

async function resolve(hostname: string): Promise<Address[]> {
  return (await systemLookup(hostname, { all: true, verbatim: true })) as Address[];
}

function atMost(most: number, lookup: Lookup): Lookup {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (hostname) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await lookup(hostname);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
