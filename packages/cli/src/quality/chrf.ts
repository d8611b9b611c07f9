/** The measure chrF (Popović 2015) of translations against those of people. */

/** Lengths of the runs of characters that are compared. */
const LONGEST_RUN = 6;
/** Recall counts so many times as much as precision. */
const BETA = 2;

/**
 * chrF of all pairs together, as sacreBLEU counts it with its defaults: runs of 1 to 6 characters without white space.
 *
 * @returns from 0 to 100.
 */
export function chrfOf(pairs: readonly { translation: string; reference: string }[]): number {
  let [precision, recall, lengths] = [0, 0, 0];
  for (let length = 1; length <= LONGEST_RUN; length += 1) {
    let [matches, hypotheses, references] = [0, 0, 0];
    for (const { translation, reference } of pairs) {
      const found = runsOf(translation, length);
      const wanted = runsOf(reference, length);
      for (const [run, count] of found) matches += Math.min(count, wanted.get(run) ?? 0);
      hypotheses += total(found);
      references += total(wanted);
    }
    if (hypotheses === 0 || references === 0) continue;
    precision += matches / hypotheses;
    recall += matches / references;
    lengths += 1;
  }
  if (precision === 0 || recall === 0) return 0;
  const f = ((1 + BETA ** 2) * precision * recall) / (BETA ** 2 * precision + recall);
  return (100 * f) / lengths;
}

function runsOf(text: string, length: number): Map<string, number> {
  const characters = [...text.replace(/\s+/g, "")];
  const runs = new Map<string, number>();
  for (let at = 0; at + length <= characters.length; at += 1) {
    const run = characters.slice(at, at + length).join("");
    runs.set(run, (runs.get(run) ?? 0) + 1);
  }
  return runs;
}

function total(runs: ReadonlyMap<string, number>): number {
  return [...runs.values()].reduce((sum, count) => sum + count, 0);
}
