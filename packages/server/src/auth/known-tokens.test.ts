import { setTimeout as wait } from "node:timers/promises";
import { Coordinator, type TokenOptions } from "@trans-hub/core";
import { DatabaseUnavailableError, type TokenStore } from "@trans-hub/core/store";
import { InMemoryPersistenceHandler, InMemoryStore, ManualClock } from "@trans-hub/core/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { KnownTokens } from "./known-tokens.ts";

let clock: ManualClock;
let hub: Coordinator;
let asked: string[];
let isAway: boolean;
let known: KnownTokens;
const GRANT: TokenOptions = { projects: ["shop"], scopes: ["read"] };

beforeEach(() => {
  clock = new ManualClock();
  const handler = new InMemoryPersistenceHandler(new InMemoryStore({ clock }));
  hub = new Coordinator(handler);
  asked = [];
  isAway = false;
  const { tokens } = handler;
  const counting: TokenStore = {
    create: (token) => tokens.create(token),
    list: () => tokens.list(),
    revoke: (id) => tokens.revoke(id),
    noteUse: (id) => {
      asked.push(`use of ${id}`);
      return tokens.noteUse(id);
    },
    hasAny: () => {
      asked.push("any");
      return tokens.hasAny();
    },
    find: async (id) => {
      asked.push(id);
      if (isAway) throw new DatabaseUnavailableError("away");
      const found = await tokens.find(id);
      // A statement takes a while.
      await wait(1);
      return found;
    },
  };
  known = new KnownTokens(counting, { now: () => clock.now() });
});

const finds = () => asked.filter((each) => /^\w{12}$/.test(each)).length;

describe("a token", () => {
  test("is looked up once in eight seconds, also in a burst", async () => {
    const { token, id } = await hub.createToken({ ...GRANT, label: "mia" });
    const identities = await Promise.all(Array.from({ length: 50 }, () => known.identify(token)));
    expect(new Set(identities.map((identity) => identity?.subject))).toEqual(new Set(["mia"]));
    expect(identities[0]).toMatchObject({ kind: "token", tokenId: id });
    clock.advance(7_999);
    await known.identify(token);
    expect(finds()).toBe(1);
    clock.advance(1);
    await known.identify(token);
    expect(finds()).toBe(2);
  });

  test("that is revoked ends after ten seconds at most", async () => {
    const { token, id } = await hub.createToken(GRANT);
    expect(await known.identify(token)).toBeDefined();
    await hub.revokeToken(id);
    clock.advance(10_000);
    expect(await known.identify(token)).toBeUndefined();
  });

  test("that expires ends at its moment, also while its answer is kept", async () => {
    const { token } = await hub.createToken({ ...GRANT, expiresInSeconds: 5 });
    expect(await known.identify(token)).toBeDefined();
    clock.advance(4_999);
    expect(await known.identify(token)).toBeDefined();
    clock.advance(1);
    expect(await known.identify(token)).toBeUndefined();
    expect(finds()).toBe(1);
  });

  test("is not believed by an answer that is older than eight seconds, whatever became of the database", async () => {
    const { token } = await hub.createToken(GRANT);
    await known.identify(token);
    isAway = true;
    clock.advance(7_999);
    expect(await known.identify(token)).toBeDefined();
    clock.advance(1);
    await expect(known.identify(token)).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE" });
    isAway = false;
    expect(await known.identify(token)).toBeDefined();
  });

  test("whose answer was long under way is kept for less", async () => {
    const { token, id } = await hub.createToken(GRANT);
    const slow = known.identify(token);
    // It is revoked behind the back of a statement that takes six seconds.
    await hub.revokeToken(id);
    clock.advance(6_000);
    await slow;
    clock.advance(4_000);
    expect(await known.identify(token)).toBeUndefined();
  });

  test("with the id of another one and a secret of its own is none, and the other one goes on", async () => {
    const real = await hub.createToken(GRANT);
    const forged = new Coordinator(new InMemoryPersistenceHandler());
    const other = await forged.createToken(GRANT);
    expect(await known.identify(real.token)).toBeDefined();
    expect(await known.identify(other.token)).toBeUndefined();
    expect(await known.identify(real.token)).toBeDefined();
  });

  test("of a wrong form costs no look-up", async () => {
    const { token } = await hub.createToken(GRANT);
    for (const bent of [token.slice(0, -1), `${token}x`, token.toLowerCase(), "thk_", ""]) {
      expect(await known.identify(bent)).toBeUndefined();
    }
    expect(asked).toEqual([]);
  });

  test("has the day of its use noted once", async () => {
    const { token, id } = await hub.createToken(GRANT);
    await Promise.all([known.identify(token), known.identify(token)]);
    clock.advance(20_000);
    await known.identify(token);
    expect(asked.filter((each) => each === `use of ${id}`)).toHaveLength(1);
    expect((await hub.listTokens())[0]?.lastUsedOn).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

test("a flood of tokens that nobody made costs few statements, and tokens in use are known all the same", async () => {
  const { token } = await hub.createToken(GRANT);
  await known.identify(token);
  const strangers = new Coordinator(new InMemoryPersistenceHandler());
  const ends: string[] = [];
  for (let at = 0; at < 500; at += 1) {
    const { token: forged } = await strangers.createToken(GRANT);
    ends.push(
      await known.identify(forged).then(
        (identity) => (identity === undefined ? "none" : "someone"),
        (error) => error.code,
      ),
    );
  }
  expect(new Set(ends)).toEqual(new Set(["none", "TH_TOO_MANY_REQUESTS"]));
  expect(finds()).toBeLessThanOrEqual(101);
  clock.advance(10_000);
  expect(await known.identify(token)).toBeDefined();
});

test("once a token was made, this machine wants a login for ever", async () => {
  expect(await known.hasAny()).toBe(false);
  expect(await known.hasAny()).toBe(false);
  expect(asked).toEqual(["any"]);
  const { id } = await hub.createToken(GRANT);
  clock.advance(1_000);
  expect(await known.hasAny()).toBe(true);
  await hub.revokeToken(id);
  clock.advance(60_000);
  expect(await known.hasAny()).toBe(true);
  expect(await known.hasGoodOne()).toBe(false);
});
