import { describe, expect, test } from "vitest";
import { requireOwnOrigin } from "./origin.ts";

type Headers = Record<string, string>;
const JSON_TYPE = { "content-type": "application/json" };

function codeOf(method: string, headers: Headers, kind: "proxy" | "local" = "local", hosts?: ReadonlySet<string>) {
  const rawHeaders = Object.entries({ host: "localhost:8080", ...headers }).flat();
  try {
    requireOwnOrigin({ method, headers: {}, rawHeaders, remoteAddress: "127.0.0.1" }, kind, hosts);
    return "passes";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("on this machine", () => {
  test.for([
    ["GET", {}],
    ["GET", { host: "127.0.0.1:8080" }],
    ["GET", { host: "[::1]:8080" }],
    ["GET", { "sec-fetch-site": "none" }],
    ["POST", JSON_TYPE],
    ["POST", { "content-type": "Application/JSON; charset=utf-8" }],
    ["POST", { ...JSON_TYPE, origin: "http://localhost:8080", "sec-fetch-site": "same-origin" }],
    ["DELETE", {}],
    ["PUT", JSON_TYPE],
  ] as [string, Headers][])("%s with %j passes", ([method, headers]) => {
    expect(codeOf(method, headers)).toBe("passes");
  });

  test.for([
    ["GET", { host: "evil.example" }],
    ["GET", { host: "localhost.evil.example" }],
    ["GET", { host: "127.0.0.1.evil.example" }],
    ["GET", { host: "localhost@evil.example" }],
    ["GET", { host: "" }],
    ["GET", { "sec-fetch-site": "cross-site" }],
    ["GET", { "sec-fetch-site": "same-site" }],
    ["POST", { ...JSON_TYPE, origin: "null" }],
    ["POST", { ...JSON_TYPE, origin: "http://localhost:3000" }],
    ["POST", { ...JSON_TYPE, origin: "file://localhost:8080" }],
    ["POST", { ...JSON_TYPE, origin: "http://evil.example", "sec-fetch-site": "same-origin" }],
  ] as [string, Headers][])("%s with %j is refused", ([method, headers]) => {
    expect(codeOf(method, headers)).toBe("TH_FORBIDDEN");
  });

  test.for([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/json",
    "application/json-seq",
  ])("a POST of %s is refused, which a form could send", (type) => {
    expect(codeOf("POST", { "content-type": type })).toBe("TH_MEDIA_TYPE");
  });

  test("a request without a type is refused where it has a body, and only there", () => {
    for (const method of ["POST", "DELETE"]) {
      expect(codeOf(method, {})).toBe("passes");
      expect(codeOf(method, { "content-length": "0" })).toBe("passes");
      expect(codeOf(method, { "content-length": "4" })).toBe("TH_MEDIA_TYPE");
      expect(codeOf(method, { "transfer-encoding": "chunked" })).toBe("TH_MEDIA_TYPE");
      expect(codeOf(method, { "content-length": "0", "content-type": "text/plain" })).toBe("TH_MEDIA_TYPE");
    }
  });
});

describe("behind a proxy", () => {
  test("a host that the proxy rewrote is no obstacle to a browser of today, and is one where the hosts are set", () => {
    const headers = { ...JSON_TYPE, host: "trans-hub:8080", origin: "https://hub.example.com" };
    const here = { ...headers, "sec-fetch-site": "same-origin" };
    expect(codeOf("POST", here, "proxy")).toBe("passes");
    expect(codeOf("POST", headers, "proxy")).toBe("TH_FORBIDDEN");
    const hosts = new Set(["hub.example.com"]);
    expect(codeOf("POST", here, "proxy", hosts)).toBe("TH_FORBIDDEN");
    expect(codeOf("POST", { ...here, host: "hub.example.com" }, "proxy", hosts)).toBe("passes");
    expect(codeOf("POST", { ...here, host: "HUB.example.com", origin: "https://evil.example" }, "proxy", hosts)).toBe(
      "TH_FORBIDDEN",
    );
  });

  test("a program that sends JSON and names no origin passes; a form does not", () => {
    expect(codeOf("POST", { ...JSON_TYPE, host: "hub.example.com" }, "proxy")).toBe("passes");
    expect(codeOf("POST", { "content-type": "text/plain", host: "hub.example.com" }, "proxy")).toBe("TH_MEDIA_TYPE");
  });
});

test("a header that stands twice is refused", () => {
  const rawHeaders = ["Host", "localhost", "Origin", "http://localhost", "origin", "http://evil.example"];
  expect(() =>
    requireOwnOrigin({ method: "GET", headers: {}, rawHeaders, remoteAddress: "127.0.0.1" }, "local", undefined),
  ).toThrow(expect.objectContaining({ code: "TH_HTTP_REQUEST" }));
});
