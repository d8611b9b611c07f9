/**
 * The time to find a glossary's terms: 24,000 strings of an interface against 5,000 terms. Prints the user time of the processor, which other
 * processes do not change much, and the number of finds.
 *
 *     npm run bench:glossary
 */
import { TermMatcher } from "../../packages/core/src/text/terms/matcher.ts";

const STRINGS = 24_000;
const TERMS = 5_000;
const ROUNDS = 5;
const WORDS =
  "save open close board user account settings the a of and file folder delete create new error failed to connect network please try again later page image".split(
    " ",
  );
const SYLLABLES = "ba ko ri ten mar lo su ver dan pi qu est or".split(" ");

/** The same in every run: a linear congruential generator. */
let state = 7;
function below(most: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state % most;
}

const pick = (words: readonly string[]) => words[below(words.length)] ?? "";
const terms = Array.from({ length: TERMS }, (_, at) =>
  at % 3 === 0
    ? `${pick(WORDS)} ${pick(WORDS)}${below(50)}`
    : Array.from({ length: 2 + below(3) }, () => pick(SYLLABLES)).join(""),
);
const strings = Array.from({ length: STRINGS }, () => {
  const words = Array.from({ length: 3 + below(9) }, () => pick(below(5) === 0 ? terms : WORDS));
  return `${words.join(" ")}${below(4) === 0 ? " {name}" : ""}`;
});
const matcher = new TermMatcher(
  "en",
  terms.map((form) => ({ form, case: "any" as const, entry: form })),
);

for (let round = 1; round <= ROUNDS; round += 1) {
  const before = process.cpuUsage();
  const finds = strings.reduce((sum, text) => sum + matcher.find(text).length, 0);
  const { user } = process.cpuUsage(before);
  const perThousand = user / 1_000 / (STRINGS / 1_000);
  process.stdout.write(`round ${round}: ${perThousand.toFixed(2)} ms per 1,000 strings, ${finds} finds\n`);
}
