import { describe, expect, test } from "vitest";
import { type Address, type Lookup, RefusedUrlError, WebhookGuard } from "./guard.ts";

const PUBLIC = "93.184.216.34";

function answering(...addresses: string[]): Lookup {
  return async () => addresses.map((address): Address => ({ address, family: address.includes(":") ? 6 : 4 }));
}

/** URLs by which a server was made to speak with its own network, as they are known from reports about others. */
const HOSTILE_URLS = [
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0177.0.0.1/",
  "https://0x7f.0.0.1/",
  "https://0x7f000001/",
  "https://017700000001/",
  "https://127.0.0.1./",
  "https://①②⑦.⓪.⓪.①/",
  "https://0.0.0.0/",
  "https://0/",
  "https://[::1]/",
  "https://[::]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::ffff:0:127.0.0.1]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[64:ff9b::a9fe:a9fe]/",
  "https://[64:ff9b:1::a00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[2002:a9fe:a9fe::1]/",
  "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
  "https://[fe80::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[fec0::1]/",
  "https://[ff02::1]/",
  "https://[2001:db8::1]/",
  "https://[100::1]/",
  "https://10.0.0.1/",
  "https://10.255.255.255/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.1.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://2852039166/latest/meta-data/",
  "https://0xa9.0xfe.0xa9.0xfe/",
  "https://100.64.0.1/",
  "https://100.100.100.200/latest/meta-data/",
  "https://168.63.129.16/machine/",
  "https://192.0.0.192/opc/v1/",
  "https://198.18.0.1/",
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://localhost/",
  "https://LOCALHOST/",
  "https://localhost./",
  "https://app.localhost/",
  "https://example.com@127.0.0.1/",
  "https://user:password@example.com/",
  "https://user@example.com/",
  "https://example.com:22/",
  "https://example.com:25/",
  "https://example.com:80/",
  "http://example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "unix:/var/run/docker.sock",
  "https://",
  "//example.com/",
  "https://example.com/#part",
];

describe("a URL is refused", () => {
  test.each(HOSTILE_URLS)("%s", (url) => {
    expect(() => new WebhookGuard().checkUrl(url)).toThrow(RefusedUrlError);
  });

  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "100.64.1.1",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "fe80::1%eth0",
    "fd12::1",
  ])("when its name resolves to %s", async (address) => {
    const guard = new WebhookGuard({ lookup: answering(address) });
    await expect(guard.addressesOf(new URL("https://example.com/"))).rejects.toBeInstanceOf(RefusedUrlError);
  });

  test("when only one of its addresses is not public", async () => {
    const guard = new WebhookGuard({ lookup: answering(PUBLIC, "10.0.0.1") });
    await expect(guard.addressesOf(new URL("https://example.com/"))).rejects.toBeInstanceOf(RefusedUrlError);
  });

  test("when its name has no address", async () => {
    const guard = new WebhookGuard({ lookup: answering() });
    await expect(guard.addressesOf(new URL("https://example.com/"))).rejects.toBeInstanceOf(RefusedUrlError);
  });

  test("in words that name no address", async () => {
    const guard = new WebhookGuard({ lookup: answering("10.1.2.3") });
    const error = await guard.addressesOf(new URL("https://inside.example/")).catch((reason: Error) => reason);
    expect((error as Error).message).not.toMatch(/10\.1\.2\.3|inside/);
  });
});

describe("a URL is accepted", () => {
  test.each([
    "https://example.com/hooks?project=shop",
    "https://example.com:443/",
    "https://example.com:8443/",
    `https://${PUBLIC}/`,
    "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://münchen.example/",
  ])("%s", (url) => {
    expect(new WebhookGuard().checkUrl(url)).toBeInstanceOf(URL);
  });

  test("with the addresses that its name has now", async () => {
    const guard = new WebhookGuard({ lookup: answering(PUBLIC) });
    expect(await guard.addressesOf(new URL("https://example.com/"))).toEqual([{ address: PUBLIC, family: 4 }]);
  });
});

describe("an operator allows", () => {
  test("a name, by plain HTTP and on any port too, wherever it is", async () => {
    const guard = new WebhookGuard({ allow: ["Hooks.Internal."], lookup: answering("10.0.0.1") });
    const url = guard.checkUrl("http://hooks.internal:81/");
    expect(await guard.addressesOf(url)).toEqual([{ address: "10.0.0.1", family: 4 }]);
    expect(() => guard.checkUrl("http://other.internal/")).toThrow(RefusedUrlError);
    expect(() => guard.checkUrl("http://hooks.internal.example/")).toThrow(RefusedUrlError);
  });

  test("the names below a name, and not the name itself", () => {
    const guard = new WebhookGuard({ allow: ["*.svc.cluster.local"] });
    expect(() => guard.checkUrl("http://app.svc.cluster.local/")).not.toThrow();
    expect(() => guard.checkUrl("http://svc.cluster.local/")).toThrow(RefusedUrlError);
    expect(() => guard.checkUrl("http://evilsvc.cluster.local/")).toThrow(RefusedUrlError);
  });

  test("networks, and only these", async () => {
    const allow = ["10.1.0.0/16", "127.0.0.1", "fd00::/8"];
    const guard = new WebhookGuard({ allow, lookup: answering("10.1.2.3") });
    for (const url of ["http://10.1.2.3/", "http://127.0.0.1:8080/", "http://[fd00::1]/", "http://2130706433/"]) {
      expect(() => guard.checkUrl(url)).not.toThrow();
    }
    for (const url of ["http://10.2.0.1/", "https://127.0.0.2/", "https://[fc00::1]/", "http://93.184.216.34/"]) {
      expect(() => guard.checkUrl(url)).toThrow(RefusedUrlError);
    }
    expect(await guard.addressesOf(new URL("http://inside.example/"))).toEqual([{ address: "10.1.2.3", family: 4 }]);
  });

  test("no plain HTTP to a name that is outside of the networks after all", async () => {
    const guard = new WebhookGuard({ allow: ["10.1.0.0/16"], lookup: answering(PUBLIC) });
    await expect(guard.addressesOf(new URL("http://example.com/"))).rejects.toBeInstanceOf(RefusedUrlError);
    expect(await guard.addressesOf(new URL("https://example.com/"))).toEqual([{ address: PUBLIC, family: 4 }]);
  });

  test.each(["10.0.0.0/33", "999.1.1.1", "http://example.com", "a b", "*", "*.", "::/129", "1.2.3.4/x", ""])(
    "nothing by an entry that is none: %j",
    (entry) => {
      expect(() => new WebhookGuard({ allow: [entry] })).toThrow(RangeError);
    },
  );
});

test("a name server that does not answer holds two questions, and the third waits", async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const lookup: Lookup = (hostname) => {
    asked.push(hostname);
    return new Promise((resolve) => answers.push(() => resolve([{ address: PUBLIC, family: 4 }])));
  };
  const guard = new WebhookGuard({ lookup });
  const all = ["a", "b", "c"].map((name) => guard.addressesOf(new URL(`https://${name}.example/`)));
  expect(asked).toEqual(["a.example", "b.example"]);
  answers.shift()?.();
  await all[0];
  await expect.poll(() => asked).toEqual(["a.example", "b.example", "c.example"]);
  for (const answer of answers) answer();
  await Promise.all(all);
});
