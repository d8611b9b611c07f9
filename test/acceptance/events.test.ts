/** The feed of events on the command line. */
import type { FeedEvent } from "@trans-hub/core";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const parsed = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FeedEvent);

test("events follows what changes, and goes on behind a cursor", async ({ commands }) => {
  const following = commands.start(["events", "--after", "now", "--follow", "--json"]);
  // The first reader switches the feed on.
  await expect.poll(async () => (await commands.run(["events", "--after", "now"])).code, { interval: 500 }).toBe(0);
  await commands.json(["request", "Pay", "Back", "--from", "en", "--to", "fr", "--project", "shop"]);
  await commands.json(["worker", "--once"]);
  await commands.json(["approve", "Pay", "--from", "en", "--to", "fr", "--project", "shop"]);
  await expect
    .poll(() =>
      parsed(following.stdout)
        .map(({ kind }) => kind)
        .at(-1),
    )
    .toBe("approved");
  following.kill("SIGINT");
  expect((await following.ended()).code).toBe(130);

  const all = await commands.run(["events", "--json"]);
  expect(all).toMatchObject({ code: 0, stderr: "" });
  const events = parsed(all.stdout);
  expect(events.filter(({ kind }) => kind === "translated").flatMap(({ ids }) => ids)).toHaveLength(2);
  expect(events.at(-1)).toMatchObject({ kind: "approved", project: "shop", targetLocale: "fr" });
  const before = events.at(-2)?.cursor ?? "";
  const people = await commands.run(["events", "--after", before, "--project", "shop", "--to", "fr"]);
  expect(people.stdout).toMatch(/^\S+ {2}approved {2}shop {2}fr {2}1 text {2}\S+\.\d+\n$/);
  expect((await commands.run(["events", "--limit", "1", "--json"])).stdout.split("\n")).toHaveLength(2);
  expect((await commands.run(["events", "--project", "other", "--json"])).stdout).toBe("");

  const gone = await commands.run(["events", "--after", "0.1", "--json"]);
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.stdout)).toMatchObject({
    error: { code: "TH_CURSOR_GONE", hint: expect.stringContaining("list the translations anew") },
  });
  expect((await commands.run(["events", "--after", "yesterday"])).code).not.toBe(0);
});
