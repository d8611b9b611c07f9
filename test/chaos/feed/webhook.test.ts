/** The judge of webhooks must find every fault: one of each. */
import type { ReceivedMessage } from "@trans-hub/test-support/webhook-receiver";
import { expect, test } from "vitest";
import type { Told } from "./oracle.ts";
import { judgeWebhook } from "./webhook.ts";

const event = (position: number, ...ids: string[]): Told => ({
  ...{ position, kind: "approved", project: "default", targetLocale: "fr", ids, revisions: ids.map(() => position) },
});

function message(position: number, ids: string[], given: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return {
    ...{ id: `evt_e_${position}`, type: "translations.settled", path: "/", isVerified: true, headers: {} },
    data: { project: "default", locale: "fr", kind: "approved", ids, cursor: `e.${position}` },
    body: JSON.stringify(ids),
    ...given,
  };
}

const EVENTS = [event(1, "1-0"), event(2, "2-0", "3-0"), event(4, "1-0")];
const GOOD = [message(2, ["1-0", "2-0", "3-0"]), message(4, ["1-0"])];
const judge = (taken: ReceivedMessage[], tries = taken) => judgeWebhook({ taken, tries }, EVENTS);

test("a webhook that got everything once or twice, in order, is as it should be", () => {
  expect(judge(GOOD)).toEqual([]);
  const [first, second] = GOOD as [ReceivedMessage, ReceivedMessage];
  expect(judge([first, first, second])).toEqual([]);
});

test.each([
  ["a lost event at the end", GOOD.slice(0, 1), /1 changes in fr did not reach it/],
  ["a lost event in the middle", GOOD.slice(1), /2 changes in fr did not reach it/],
  [
    "an id that no event has",
    [message(2, ["1-0", "2-0", "3-0", "9-0"]), ...GOOD.slice(1)],
    /1 changes .* not in the feed/,
  ],
  ["messages in another order", GOOD.toReversed(), /1 messages came before an earlier one/],
  [
    "a false signature",
    [message(2, ["1-0", "2-0", "3-0"], { isVerified: false }), ...GOOD.slice(1)],
    /no good signature/,
  ],
  [
    "a repeated message with another body",
    [...GOOD, { ...GOOD[0], body: "{}" } as ReceivedMessage],
    /changed from try to try/,
  ],
])("it finds %s", (_, taken, sentence) => {
  expect(judge(taken)).toContainEqual(expect.stringMatching(sentence));
});
