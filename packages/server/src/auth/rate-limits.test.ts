import { describe, expect, test } from "vitest";
import type { Identity } from "./grant.ts";
import { RateLimits } from "./rate-limits.ts";

const caller = (tokenId: string): Identity => ({ subject: "same", kind: "token", tokenId, grants: [] });

describe("the rate of a caller", () => {
  test("lets a burst through, then as many as the rate, and says when the next one may come", () => {
    let now = 0;
    const limits = new RateLimits({ perSecond: 2, burst: 3, now: () => now });
    const one = caller("one");
    const left = [1, 2, 3].map(() => limits.take(one).ratelimit);
    expect(left).toEqual(['"caller";r=2;t=0', '"caller";r=1;t=0', '"caller";r=0;t=1']);
    expect(() => limits.take(one)).toThrow(
      expect.objectContaining({
        code: "TH_TOO_MANY_REQUESTS",
        retryAfter: 1,
        headers: { "ratelimit-policy": '"caller";q=3;w=2', ratelimit: '"caller";r=0;t=1' },
      }),
    );
    // Another token of the same name has a bucket of its own.
    expect(() => limits.take(caller("other"))).not.toThrow();
    now = 500;
    expect(() => limits.take(one)).not.toThrow();
    expect(() => limits.take(one)).toThrow();
    // A clock that stands for long fills no more than the bucket.
    now = 3_600_000;
    for (let at = 0; at < 3; at += 1) limits.take(one);
    expect(() => limits.take(one)).toThrow();
  });

  test("is another one for an address that reads without a token", () => {
    const limits = new RateLimits({ publicPerSecond: 1, now: () => 0 });
    expect(limits.takeOf("192.0.2.1")).toEqual({
      "ratelimit-policy": '"caller";q=2;w=2',
      ratelimit: '"caller";r=1;t=0',
    });
    limits.takeOf("192.0.2.1");
    expect(() => limits.takeOf("192.0.2.1")).toThrow(expect.objectContaining({ code: "TH_TOO_MANY_REQUESTS" }));
    expect(() => limits.takeOf("192.0.2.2")).not.toThrow();
    expect(limits.take(caller("one"))).toEqual({});
  });

  test("has no bound and no header by default", () => {
    const limits = new RateLimits();
    for (let at = 0; at < 10_000; at += 1) expect(limits.take(caller("one"))).toEqual({});
    expect(limits.takeOf("192.0.2.1")).toEqual({});
  });
});

test("waits of a caller have a share, which ended waits give back once", () => {
  const limits = new RateLimits({ waits: 2 });
  const [one, other] = [caller("one"), caller("other")];
  const [first] = [limits.holdWait(one), limits.holdWait(one)];
  expect(() => limits.holdWait(one)).toThrow(expect.objectContaining({ code: "TH_TOO_MANY_REQUESTS" }));
  expect(() => limits.holdWait(other)).not.toThrow();
  first?.();
  first?.();
  expect(() => limits.holdWait(one)).not.toThrow();
  expect(() => limits.holdWait(one)).toThrow();
});
