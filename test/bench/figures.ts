/** Derived figures of measurements: rates, quantiles, and whether a row of the table reaches its goal. */

/** One row of the table: a figure of Trans-Hub, compared with another one. */
export interface Row {
  /** The family that measured it, by its name in `--cells`. */
  family: string;
  cell: string;
  against: string;
  unit: string;
  better: "more" | "less";
  /** One figure a round; for a distribution, one from each of its rounds. */
  ours: number[];
  /** The same rounds of the other side; empty where only a bound is compared. */
  theirs: number[];
  /** The bound; undefined: the row only informs. */
  reach?: number | undefined;
  /** The subject of the bound. Default: the ratio. */
  bound?: "ratio" | "ours";
  /** The position of the server's checkpoints during the measurement. */
  phase: string;
  note?: string;
}

/** The row in figures, as `--json` prints it. */
export interface Verdict {
  cell: string;
  against: string;
  unit: string;
  better: "more" | "less";
  ours: number;
  oursMin: number;
  oursMax: number;
  theirs: number | null;
  theirsMin: number | null;
  theirsMax: number | null;
  /** Our figure divided by the other; for rounds run in turn, the median of their ratios. */
  ratio: number | null;
  reach: number | null;
  bound: "ratio" | "ours";
  /** Null for a row without a bound. */
  reached: boolean | null;
  phase: string;
  note: string | null;
}

export function judge(row: Row): Verdict {
  const { ours, theirs, better, bound = "ratio", reach } = row;
  const ratio = ratioOf(ours, theirs);
  const judged = bound === "ours" ? median(ours) : ratio;
  const reached = reach === undefined || judged === null ? null : better === "more" ? judged >= reach : judged <= reach;
  return {
    cell: row.cell,
    against: row.against,
    unit: row.unit,
    better,
    ours: significant(median(ours)),
    oursMin: significant(Math.min(...ours)),
    oursMax: significant(Math.max(...ours)),
    theirs: theirs.length > 0 ? significant(median(theirs)) : null,
    theirsMin: theirs.length > 0 ? significant(Math.min(...theirs)) : null,
    theirsMax: theirs.length > 0 ? significant(Math.max(...theirs)) : null,
    ratio: ratio === null ? null : significant(ratio),
    reach: reach ?? null,
    bound,
    reached,
    phase: row.phase,
    note: row.note ?? null,
  };
}

function ratioOf(ours: number[], theirs: number[]): number | null {
  if (theirs.length === 0) return null;
  if (ours.length !== theirs.length) return median(ours) / median(theirs);
  return median(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN)));
}

export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5);
}

/** Between two figures, their mean weighted by the position of the share. */
export function quantile(figures: readonly number[], share: number): number {
  if (figures.length === 0) return Number.NaN;
  const sorted = [...figures].sort((one, other) => one - other);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** Duration in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Rate per second. */
export function rate(count: number, elapsedMs: number): number {
  return (count * 1_000) / elapsedMs;
}

/** Three significant digits; a whole number from 100 on. */
export function significant(figure: number): number {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}

/**
 * Runs the contestants one after another, round by round, every other round in the opposite order, so that the
 * machine's other load affects all of them alike. A first round is not counted: programs that just started are slow.
 */
export async function inTurn<Name extends string>(
  rounds: number,
  contestants: Record<Name, (round: number) => Promise<number>>,
  progress: (line: string) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 1 ? names : names.toReversed();
    const said: string[] = [];
    for (const name of order) {
      const figure = await contestants[name](round);
      if (round > 0) figures[name].push(figure);
      said.push(`${name} ${significant(figure)}`);
    }
    progress(`  ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}: ${said.join(", ")}`);
  }
  return figures;
}

/** Of the variants of one contestant, the rounds of the one with the best median. */
export function bestOf<Name extends string>(variants: Record<Name, number[]>): { name: Name; figures: number[] } {
  const [best] = (Object.entries(variants) as [Name, number[]][]).sort(
    ([, one], [, other]) => median(other) - median(one),
  );
  if (best === undefined) throw new Error("there is no variant");
  return { name: best[0], figures: best[1] };
}
