/** What is made of measurements: rates, quantiles, and whether a row of the table reaches what it should. */

/** One row of the table: something of ours, held against something else. */
export interface Row {
  /** The family that measured it, as `--cells` names it. */
  family: string;
  cell: string;
  against: string;
  unit: string;
  better: "more" | "less";
  /** One figure a round; of a distribution, one for each of its rounds. */
  ours: number[];
  /** The same rounds; empty where nothing but a bound stands against ours. */
  theirs: number[];
  /** The bound; undefined: the row informs and asks for nothing. */
  reach?: number | undefined;
  /** What the bound is of. Default: the ratio. */
  bound?: "ratio" | "ours";
  /** In which phase the checkpoints of the server were. */
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
  /** Ours divided by theirs; of rounds that were run in turn, the median of their ratios. */
  ratio: number | null;
  reach: number | null;
  bound: "ratio" | "ours";
  /** Null where nothing is asked for. */
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

/** Between two figures, their mean weighted by where the share lies. */
export function quantile(figures: readonly number[], share: number): number {
  if (figures.length === 0) return Number.NaN;
  const sorted = [...figures].sort((one, other) => one - other);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** Milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** A second. */
export function rate(count: number, elapsedMs: number): number {
  return (count * 1_000) / elapsedMs;
}

/** Three digits that count; whole from 100 on. */
export function significant(figure: number): number {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}

/**
 * Runs the contestants one after another, round by round, every other round in the opposite order: what the machine does
 * meanwhile strikes all of them alike. A round before the first is not counted: programs that just started are slow.
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

/** Of variants of one contestant, the rounds of the one with the best median. */
export function bestOf<Name extends string>(variants: Record<Name, number[]>): { name: Name; figures: number[] } {
  const [best] = (Object.entries(variants) as [Name, number[]][]).sort(
    ([, one], [, other]) => median(other) - median(one),
  );
  if (best === undefined) throw new Error("there is no variant");
  return { name: best[0], figures: best[1] };
}
