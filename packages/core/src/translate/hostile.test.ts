import { describe, expect, test } from "vitest";
import type { Protection } from "../contract/engine.ts";
import type { WorkBatch } from "../contract/work.ts";
import { friendlyEngine, hostileEngine, MANNERS } from "../testing/hostile-engine.ts";
import { protectedTokens } from "../text/syntax.ts";
import { translateBatch } from "./translate-batch.ts";

const PROTECTIONS: readonly Protection[] = ["instructed", "tags", "words", "none"];

const TEXTS = [
  "Hello {name}, you have {{count}} <b>new</b> messages (%1$s, %(who)s)",
  '<p><a href="/terms?a=1&b=2">the <i>list</i></a> of</p> all & more<br>',
  "Read [this `page`](/help), write to a.b@example.org or see https://example.org/a_(b).",
  "Fish &amp; chips, #{id} costs $ {price}; 5 % of %d%%",
  "%0% to full charge, $HOME/bin or %PATH%",
  'Xqbbqx and <x id="1"/> are <g id="2">words</g> of {ours}',
  " one\n",
];

function batchOf(texts: readonly string[]): WorkBatch {
  return {
    project: "default",
    sourceLocale: "en",
    targetLocale: "fr",
    items: texts.map((text, at) => ({
      key: { contentNo: `${at}`, contextNo: 0, targetLocale: "fr", project: "default" },
      revision: 1,
      text,
      context: null,
      format: "auto",
      attempt: 1,
      previousFailure: undefined,
    })),
  };
}

const canonicals = (text: string) =>
  protectedTokens(text)
    .map(({ canonical }) => canonical)
    .sort();

const engines = PROTECTIONS.flatMap((protects) => [
  ...MANNERS.map((manner) => [`hostile, ${protects}, ${manner}`, () => hostileEngine(protects, manner)] as const),
  [`hostile, ${protects}, by turns`, () => hostileEngine(protects)] as const,
  [`friendly, ${protects}`, () => friendlyEngine(protects)] as const,
]);

describe.each(engines)("an engine that is %s", (_, make) => {
  test("gets every text stored with its protected parts in a single attempt", async () => {
    const translate = translateBatch({ engines: [make()], maxAttempts: 1, engineTimeoutMs: 60_000 });
    const { outcomes } = await translate(batchOf(TEXTS), new AbortController().signal);
    const stored = outcomes.map((outcome) => (outcome.kind === "translated" ? outcome.text : outcome.kind));
    expect(stored.map(canonicals)).toEqual(TEXTS.map(canonicals));
    expect(outcomes.map(({ kind }) => kind)).toEqual(TEXTS.map(() => "translated"));
  });
});
