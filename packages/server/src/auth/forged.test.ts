/**
 * What a page of another site can make the browser of a person send, to a server on the person's machine and to one behind a proxy with a
 * login: 30 requests, and no effect.
 */
import { Coordinator } from "@trans-hub/core";
import { askRaw } from "@trans-hub/test-support/raw-http";
import { test as base } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { startServer } from "../server.ts";
import { authentication } from "./authentication.ts";
import { SCOPES } from "./principal.ts";

type Header = readonly [name: string, value: string];
interface Forged {
  name: string;
  headers: Header[];
  method?: string;
  path?: string;
  body?: string;
}

const ACT = JSON.stringify({ items: ["Forged"], targetLocales: ["fr"] });
const JSON_TYPE: Header = ["Content-Type", "application/json"];
const TEXT: Header = ["Content-Type", "text/plain"];
const FORM: Header = ["Content-Type", "application/x-www-form-urlencoded"];
const EVIL: Header = ["Origin", "https://evil.example"];
const CROSS: Header = ["Sec-Fetch-Site", "cross-site"];

/** @param own The server's own host, as its own page names it. */
function forgedFor(own: string): Forged[] {
  return [
    { name: "a form", headers: [FORM, EVIL, CROSS], body: `a=${ACT}` },
    { name: "a form of text/plain that is JSON", headers: [TEXT, EVIL, CROSS] },
    { name: "a form with parts", headers: [["Content-Type", "multipart/form-data; boundary=b"], EVIL, CROSS] },
    { name: "a form of a browser that names no origin", headers: [FORM] },
    { name: "text/plain without an origin", headers: [TEXT] },
    { name: "no type and no origin", headers: [] },
    { name: "a type that begins like another one", headers: [["Content-Type", "text/plain; application/json"]] },
    { name: "JSON by a fetch that the browser did not ask about", headers: [JSON_TYPE, EVIL, CROSS] },
    { name: "JSON from a page without Origin", headers: [JSON_TYPE, CROSS] },
    { name: "JSON from a sandbox", headers: [JSON_TYPE, ["Origin", "null"]] },
    {
      name: "JSON from a sibling",
      headers: [JSON_TYPE, ["Origin", `http://evil.${own}`], ["Sec-Fetch-Site", "same-site"]],
    },
    { name: "JSON from a sibling, of an old browser", headers: [JSON_TYPE, ["Origin", `http://evil.${own}`]] },
    {
      name: "JSON from another port of the host",
      headers: [JSON_TYPE, ["Origin", `http://${own.replace(/:.*/, "")}:3000`]],
    },
    { name: "JSON with two origins", headers: [JSON_TYPE, ["Origin", `http://${own}`], EVIL] },
    {
      name: "a pause of everything, by another method than it says",
      headers: [TEXT, EVIL, ["X-HTTP-Method-Override", "POST"]],
      method: "POST",
      path: "/v1/pauses",
      body: "{}",
    },
  ];
}

const test = base.extend("servers", async ({ store }, { onCleanup }) => {
  const hub = new Coordinator(store, { sourceLocale: "en", cacheSize: 0 });
  const groups = { "*": { projects: "*", scopes: SCOPES } } as const;
  const proxy = { header: "X-Forwarded-User", trustedProxies: ["loopback"], groups };
  const local = await startServer({ hub, store }, { port: 0 });
  const proxied = await startServer(
    { hub, store, authenticator: authentication({ tokens: store.tokens, proxy, hosts: ["hub.example.com"] }) },
    { port: 0 },
  );
  onCleanup(async () => {
    await Promise.all([local.close(), proxied.close()]);
    await hub.close();
  });
  return {
    "on this machine": { port: local.port, own: `localhost:${local.port}`, login: [] as Header[] },
    // The browser has sent its cookie to the proxy, and the proxy its header to the server.
    "behind a proxy": { port: proxied.port, own: "hub.example.com", login: [["X-Forwarded-User", "mia"]] as Header[] },
  };
});

describe.for(["on this machine", "behind a proxy"] as const)("of a server %s", (place) => {
  test("15 forged requests have no effect, and the same from its own page have theirs", async ({ db, servers }) => {
    const { port, own, login } = servers[place];
    const send = (
      { method = "POST", path = "/v1/projects/shop/requests", headers, body = ACT }: Omit<Forged, "name">,
      host = own,
    ) => askRaw({ port, method, path, headers: [["Host", host], ...login, ...headers], body });
    const effects = async () => {
      const { rows } = await db.query(
        "select (select count(*) from trans_hub.source)::int + (select count(*) from trans_hub.pause)::int as n",
      );
      return rows[0].n;
    };
    const forged = forgedFor(own);
    expect(forged).toHaveLength(15);
    for (const request of forged) {
      const { status, headers } = await send(request);
      expect([400, 403, 415], `${request.name}: ${status}`).toContain(status);
      // A page may not read the refusal either.
      expect(headers["access-control-allow-origin"], request.name).toBeUndefined();
      expect(await effects(), request.name).toBe(0);
    }
    // A name of the attacker that was made to lead here: for the browser it is the page's own origin.
    for (const host of ["evil.example", `evil.example:${port}`, "localhost.evil.example"]) {
      const headers: Header[] = [JSON_TYPE, ["Origin", `http://${host}`], ["Sec-Fetch-Site", "same-origin"]];
      expect((await send({ headers }, host)).status, host).toBe(403);
    }
    // An image makes a GET, whose answer nobody reads, and which could switch on a feed.
    const image = await send({ method: "GET", path: "/v1/projects/shop/status", headers: [CROSS], body: "" });
    expect(image.status).toBe(403);
    const preflight = await send({
      method: "OPTIONS",
      headers: [EVIL, ["Access-Control-Request-Method", "POST"], ["Access-Control-Request-Headers", "content-type"]],
      body: "",
    });
    expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    expect(await effects()).toBe(0);

    for (const headers of [
      [JSON_TYPE],
      [JSON_TYPE, ["Origin", `http://${own}`]],
      [JSON_TYPE, ["Origin", `http://${own}`], ["Sec-Fetch-Site", "same-origin"]],
    ] as Header[][]) {
      expect(await send({ headers })).toMatchObject({ status: 200 });
    }
    expect(await effects()).toBe(1);
  });
});
