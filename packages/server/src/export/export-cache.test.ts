import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ExportCache } from "./export-cache.ts";

/** Answers when it is told to, and counts its calls. */
function held(json = "{}") {
  const gate = Promise.withResolvers<void>();
  const make = async () => {
    counted.calls += 1;
    await gate.promise;
    return json;
  };
  const counted = { calls: 0, make, letGo: gate.resolve };
  return counted;
}

test("a hundred who ask at once cause one computation, and so do those of the next moment", async () => {
  const cache = new ExportCache();
  const making = held('{"a":"b"}');
  const asked = Array.from({ length: 100 }, () => cache.get("fr", making.make));
  making.letGo();
  const answers = await Promise.all(asked);
  expect(new Set(answers).size).toBe(1);
  expect(await cache.get("fr", making.make)).toBe(answers[0]);
  expect(making.calls).toBe(1);
});

test("two exports are made at a time, and the others wait for their turn", async () => {
  const cache = new ExportCache();
  const makings = ["fr", "de", "ja"].map((locale) => ({ locale, ...held() }));
  const counted = makings.map(({ locale, make }) => {
    let calls = 0;
    const answer = cache.get(locale, () => {
      calls += 1;
      return make();
    });
    return { answer, calls: () => calls };
  });
  await expect.poll(() => counted.map(({ calls }) => calls())).toEqual([1, 1, 0]);
  makings[1]?.letGo();
  await counted[1]?.answer;
  await expect.poll(() => counted.map(({ calls }) => calls())).toEqual([1, 1, 1]);
  for (const { letGo } of makings) letGo();
  await Promise.all(counted.map(({ answer }) => answer));
});

test("an export is out of memory when its time is over, although nobody asks for it", async () => {
  const cache = new ExportCache({ maxAgeMs: 60 });
  await cache.get("fr", async () => '{"secret":"forgotten"}');
  expect(cache.load.exports).toBe(1);
  await expect.poll(() => cache.load).toEqual({ exports: 0, bytes: 0 });
});

test("an export that took its whole time to be made is answered, and not kept", async () => {
  const cache = new ExportCache({ maxAgeMs: 1 });
  const made = await cache.get("fr", () => new Promise((resolve) => setTimeout(() => resolve("{}"), 20)));
  expect(made.plain.bytes.toString()).toBe("{}");
  expect(cache.load.exports).toBe(0);
});

test("an export that failed is made anew by the next who asks", async () => {
  const cache = new ExportCache();
  const lost = new Error("the database is away");
  await expect(cache.get("fr", () => Promise.reject(lost))).rejects.toBe(lost);
  expect((await cache.get("fr", async () => "{}")).plain.bytes.toString()).toBe("{}");
});

test("memory is bounded in bytes: the exports that were asked for least lately go first", async () => {
  const cache = new ExportCache({ maxBytes: 100_000 });
  const make = async () => JSON.stringify({ text: "x".repeat(10_000) });
  for (let at = 0; at < 20; at += 1) await cache.get(`locale-${at}`, make);
  expect(cache.load.bytes).toBeLessThanOrEqual(100_000);
  expect(cache.load.exports).toBe(4);
  const huge = await cache.get("huge", async () => JSON.stringify({ text: "x".repeat(100_000) }));
  expect(huge.plain.bytes.length).toBeGreaterThan(100_000);
  expect(cache.load.bytes).toBeLessThanOrEqual(100_000);
});

test("each representation has an ETag of its own, and the compressed one is the same text", async () => {
  const json = JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`key.${at}`, `Text ${at}`])));
  const made = await new ExportCache().get("fr", async () => json);
  const compressed = await made.compressed();
  expect(compressed.encoding).toBe("gzip");
  expect(compressed.etag).not.toBe(made.plain.etag);
  expect(compressed.bytes.length).toBeLessThan(made.plain.bytes.length / 2);
  expect(gunzipSync(compressed.bytes).toString()).toBe(json);
  expect(made.plain.etag).toMatch(/^"[\w-]{27}"$/);

  const small = await new ExportCache().get("fr", async () => "{}");
  expect(await small.compressed()).toBe(small.plain);
});
