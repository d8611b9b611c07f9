/** Registering and draining where millions of translations are stored already. */
import { makeTexts } from "@trans-hub/test-support/strings";
import { median, rate, significant } from "../figures.ts";
import { drainOurs, registerOurs } from "../ours.ts";
import type { Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

const CHUNK = 1_000;

/**
 * The recommended settings for tables of millions, on a machine that PostgreSQL has to itself: a quarter of the memory,
 * and checkpoints so rare that most pages are seldom written to the log whole.
 */
export const RECOMMENDED: Record<string, string> = {
  shared_buffers: "4GB",
  max_wal_size: "16GB",
  checkpoint_timeout: "30min",
};

export const grown: Family = {
  name: "grown",
  what: "registering and draining on grown tables",
  isQuick: false,
  async measure(stage) {
    const plain = await compare(stage, 2, 0);
    record(stage, plain, "default settings");
    stage.curves.push({
      name: "grown",
      title: `Registering on ${short(stage)} stored translations, right after a checkpoint`,
      x: "translations registered since",
      y: "translations/s",
      series: [
        { name: "default settings", points: plain.curve },
        { name: "recommended settings", points: await tuned(stage) },
      ],
    });
  },
};

interface Comparison {
  empty: Phase[];
  first: Phase[];
  after: Phase[];
  /** Checkpoints during registering into and draining the grown tables. */
  checkpoints: number;
  curve: [number, number][];
}

interface Phase {
  register: number;
  drain: number;
}

async function tuned(stage: Stage): Promise<[number, number][]> {
  await stage.configure(RECOMMENDED);
  try {
    const figures = await compare(stage, 2, 1);
    const settings = Object.entries(RECOMMENDED)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
    const common = { family: "grown", unit: "translations/s", better: "more", phase: phaseOf(figures) } as const;
    stage.record({
      ...common,
      cell: `grown tables (${short(stage)} stored), register, with the recommended settings`,
      against: "empty tables with the same settings, after the first checkpoint cycle",
      ours: figures.after.map(({ register }) => register),
      theirs: figures.empty.map(({ register }) => register),
      reach: 0.7,
      note: settings,
    });
    return figures.curve;
  } finally {
    await stage.configure({});
  }
}

function record(stage: Stage, { empty, first, after, ...rest }: Comparison, settings: string): void {
  const of = (phases: Phase[], what: keyof Phase) => phases.map((phase) => phase[what]);
  const common = {
    family: "grown",
    unit: "translations/s",
    better: "more",
    phase: phaseOf(rest),
    note: settings,
  } as const;
  const row = (what: keyof Phase, when: string, phases: Phase[], reach?: number) =>
    stage.record({
      ...common,
      cell: `grown tables (${short(stage)} stored), ${what}`,
      against: `empty tables, ${when}`,
      ours: of(phases, what),
      theirs: of(empty, what),
      reach,
    });
  row("register", "in the first checkpoint cycle", first, 0.35);
  row("register", "after it", after, 0.55);
  row("drain", "in the first checkpoint cycle", first);
  row("drain", "after it", after, 0.8);
}

function phaseOf({ checkpoints }: Pick<Comparison, "checkpoints">): string {
  return `tables vacuumed before; each begins right after a checkpoint; ${checkpoints} came by themselves on the grown tables`;
}

async function compare(stage: Stage, rounds: number, seed: number): Promise<Comparison> {
  const { stored } = stage.options;
  const [firstCount, count] = [stored / 50, stored / 50 + stored / 10];
  const comparison: Comparison = { empty: [], first: [], after: [], checkpoints: 0, curve: [] };
  const grown = await stage.grown();
  for (let round = 1; round <= rounds; round += 1) {
    // Each text is new to the grown tables.
    const texts = makeTexts(count, 8_000).map((text) => `${seed}.${round}: ${text}`);
    comparison.empty.push(
      await stage.database(async ({ url }) => {
        const some = texts.slice(0, firstCount);
        const register = rate(firstCount, await registerOurs(url, some, CHUNK));
        await stage.checkpoint();
        return { register, drain: rate(firstCount, await drainOurs(url)) };
      }),
    );
    // Vacuum would clean up after the earlier drain at any time.
    await grown.pool.query("vacuum (analyze)");
    await stage.checkpoint();
    let before = await stage.checkpoints();
    const chunks: number[] = [];
    await registerOurs(grown.url, texts, CHUNK, (ms) => chunks.push(ms));
    comparison.checkpoints += (await stage.checkpoints()) - before;
    await stage.checkpoint();
    before = await stage.checkpoints();
    const settled: { count: number; ms: number }[] = [];
    let stored = 0;
    await drainOurs(grown.url, (texts, ms) => {
      stored += texts;
      settled.push({ count: stored, ms });
    });
    comparison.checkpoints += (await stage.checkpoints()) - before;
    const drainedAt = settled.find((each) => each.count >= firstCount)?.ms ?? Number.NaN;
    const end = settled.at(-1) ?? { count: Number.NaN, ms: Number.NaN };
    const firstChunks = chunks.slice(0, firstCount / CHUNK);
    const laterChunks = chunks.slice(firstCount / CHUNK);
    comparison.first.push({ register: chunkRate(firstChunks), drain: rate(firstCount, drainedAt) });
    comparison.after.push({
      register: chunkRate(laterChunks),
      drain: rate(end.count - firstCount, end.ms - drainedAt),
    });
    if (comparison.curve.length === 0) comparison.curve = curveOf(chunks);
    const said = [comparison.empty, comparison.first, comparison.after].map((phases) => {
      const { register, drain } = phases.at(-1) as Phase;
      return `${significant(register)}/${significant(drain)}`;
    });
    stage.progress(
      `  round ${round}: registered/drained on empty tables ${said[0]}, first cycle ${said[1]}, after ${said[2]}`,
    );
  }
  return comparison;
}

function chunkRate(chunks: readonly number[]): number {
  return rate(
    chunks.length * CHUNK,
    chunks.reduce((sum, ms) => sum + ms, 0),
  );
}

/** Some 60 points, each the median of its chunks. */
function curveOf(chunks: readonly number[]): [number, number][] {
  const width = Math.max(1, Math.floor(chunks.length / 60));
  return Array.from({ length: Math.floor(chunks.length / width) }, (_, at) => {
    const part = chunks.slice(at * width, (at + 1) * width);
    return [(at + 0.5) * width * CHUNK, rate(CHUNK, median(part))];
  });
}

function short(stage: Stage): string {
  return `${stage.options.stored / 1e6} M`;
}
