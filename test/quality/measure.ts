/** Measures the checks: how often they fire on right translations, and how many broken ones they catch. */
import type { TextFormat } from "@trans-hub/core";
import { judge } from "../../packages/core/src/text/checks/judge.ts";
import { repair } from "../../packages/core/src/text/repairs/repair.ts";
import type { Way } from "./mutations.ts";
import { WAYS } from "./mutations.ts";
import type { Pair } from "./pairs.ts";
import { shuffled } from "./shuffled.ts";

export interface FalseAlarms {
  catalogs: { catalog: string; pairs: number; blocked: number; checks: Record<string, number> }[];
  pairs: number;
  blocked: number;
  /** Messages with an ICU plural in Chinese, Japanese or Korean. */
  eastAsianPlurals: { pairs: number; blocked: number };
  /** Pairs whose texts differ: an entry that equals its source is most often one that nobody has translated. */
  different: number;
  /** By check, of the pairs whose texts differ. */
  warned: Record<string, number>;
  /** By check, of every pair. */
  warnedOfAll: Record<string, number>;
  /** The pairs without the entries of {@link UNFINISHED} files that equal their source, and the warnings on them by check. */
  translated: number;
  warnedOfTranslated: Record<string, number>;
}

export interface WayFigures {
  way: string;
  ought: Way["ought"];
  /** The right translations that were broken in this way. */
  applied: number;
  blocked: number;
  repaired: number;
  /** Neither blocked nor repaired, but warned of by a check that passes the right translation. */
  warned: number;
  /** The checks that caught it, the most frequent first. */
  by: string[];
}

export interface Breakage {
  ways: WayFigures[];
  /** Of the ways that ought to be blocked or repaired, the share that is. From 0 to 1. */
  caught: number;
  /** Of the ways that ought to be warned of, the share that is blocked, repaired or warned of. */
  warned: number;
}

const MOST_PER_WAY = 200;
const EAST_ASIAN = /^(?:zh|ja|ko)\b/;
const PLURAL = /\{\s*[\w.]+\s*,\s*(?:plural|selectordinal)\s*,/;

export function falseAlarms(pairs: readonly Pair[]): FalseAlarms {
  const catalogs = new Map<string, FalseAlarms["catalogs"][number]>();
  const result: FalseAlarms = {
    catalogs: [],
    pairs: pairs.length,
    blocked: 0,
    eastAsianPlurals: { pairs: 0, blocked: 0 },
    different: 0,
    warned: {},
    warnedOfAll: {},
    translated: 0,
    warnedOfTranslated: {},
  };
  const isUnfinished = unfinishedOf(pairs);
  for (const pair of pairs) {
    const entry = catalogs.get(pair.catalog) ?? { catalog: pair.catalog, pairs: 0, blocked: 0, checks: {} };
    catalogs.set(pair.catalog, entry);
    const { blocked, warnings } = verdictOf(pair, pair.translation);
    entry.pairs += 1;
    const isDifferent = pair.source.trim() !== pair.translation.trim();
    if (isDifferent) result.different += 1;
    const isTranslated = isDifferent || !isUnfinished(pair);
    if (isTranslated) result.translated += 1;
    for (const check of warnings) {
      count(result.warnedOfAll, check);
      if (isTranslated) count(result.warnedOfTranslated, check);
      if (isDifferent) count(result.warned, check);
    }
    const isEastAsianPlural = EAST_ASIAN.test(pair.targetLocale) && PLURAL.test(pair.source);
    if (isEastAsianPlural) result.eastAsianPlurals.pairs += 1;
    if (blocked === undefined) continue;
    entry.blocked += 1;
    result.blocked += 1;
    count(entry.checks, blocked);
    if (isEastAsianPlural) result.eastAsianPlurals.blocked += 1;
  }
  result.catalogs = [...catalogs.values()];
  return result;
}

/** A catalog's locale is unfinished where this share of its sentences equals their source. From 0 to 1. */
const UNFINISHED = 0.2;
const SENTENCE = /(?:\p{L}{2,}\P{L}+){2}\p{L}{2,}/u;

/** Whether the people of a pair's catalog have translated a part of its locale alone: an entry like its source is no translation. */
function unfinishedOf(pairs: readonly Pair[]): (pair: Pair) => boolean {
  const name = ({ catalog, targetLocale }: Pair) => `${catalog} ${targetLocale}`;
  const counts = new Map<string, { sentences: number; equal: number }>();
  for (const pair of pairs) {
    if (!SENTENCE.test(pair.source)) continue;
    const entry = counts.get(name(pair)) ?? { sentences: 0, equal: 0 };
    counts.set(name(pair), entry);
    entry.sentences += 1;
    if (pair.source.trim() === pair.translation.trim()) entry.equal += 1;
  }
  return (pair) => {
    const { sentences, equal } = counts.get(name(pair)) ?? { sentences: 0, equal: 0 };
    return equal > UNFINISHED * sentences;
  };
}

/** Breaks right translations in every way. The same pairs give the same figures. */
export function breakage(pairs: readonly Pair[]): Breakage {
  const right = shuffled(pairs.filter((pair) => isRight(pair)));
  const neighbours = neighboursOf(right);
  const ways = WAYS.map((way) => figuresOf(way, right, neighbours));
  const share = (oughts: readonly Way["ought"][], caught: (figures: WayFigures) => number) => {
    const counted = ways.filter(({ ought }) => oughts.includes(ought));
    const applied = counted.reduce((sum, figures) => sum + figures.applied, 0);
    return applied === 0 ? 1 : counted.reduce((sum, figures) => sum + caught(figures), 0) / applied;
  };
  return {
    ways,
    caught: share(["block", "repair"], ({ blocked, repaired }) => blocked + repaired),
    warned: share(["warn"], ({ blocked, repaired, warned }) => blocked + repaired + warned),
  };
}

function figuresOf(way: Way, pairs: readonly Pair[], neighbours: ReadonlyMap<Pair, Pair>): WayFigures {
  const figures: WayFigures = {
    way: way.name,
    ought: way.ought,
    applied: 0,
    blocked: 0,
    repaired: 0,
    warned: 0,
    by: [],
  };
  const by: Record<string, number> = {};
  for (const pair of pairs) {
    if (figures.applied >= MOST_PER_WAY) break;
    const broken = way.breakText(pair, neighbours.get(pair) ?? pair);
    if (broken === undefined || broken === pair.translation) continue;
    const judged = way.format === undefined ? pair : { ...pair, format: way.format };
    const before = verdictOf(judged, pair.translation, "machine");
    if (before.blocked !== undefined) continue;
    figures.applied += 1;
    const { source, format } = judged;
    const mended = repaired(source, broken, format);
    // The repairs may give a right text the white space of its source as well.
    const right = [withOuterSpace(source, pair.translation), repaired(source, pair.translation, format)];
    if (right.includes(mended.replace(way.adds ?? "", ""))) {
      figures.repaired += 1;
      continue;
    }
    const after = verdictOf(judged, mended, "machine");
    const isNew = (check: string) => !before.warnings.includes(check);
    if (after.blocked !== undefined) figures.blocked += 1;
    else if (after.warnings.some(isNew)) figures.warned += 1;
    if (after.blocked !== undefined) count(by, after.blocked);
    else for (const check of after.warnings.filter(isNew)) count(by, check);
  }
  figures.by = Object.entries(by)
    .sort(([, a], [, b]) => b - a)
    .map(([check]) => check);
  return figures;
}

/** A pair to break: two texts that differ, and no check fires. */
function isRight(pair: Pair): boolean {
  if (pair.source.trim() === pair.translation.trim()) return false;
  const { blocked, warnings } = verdictOf(pair, pair.translation);
  return blocked === undefined && warnings.length === 0;
}

interface Verdict {
  blocked: string | undefined;
  warnings: string[];
}

/** @param by A person may take liberties that a machine may not. Default: person. */
function verdictOf({ pluralCategory, ...pair }: Pair, translation: string, by?: "machine"): Verdict {
  const { blocked, warnings } = judge({
    ...pair,
    translation: withOuterSpace(pair.source, translation),
    ...(pluralCategory === undefined ? {} : { pluralCategory }),
    ...(by === undefined ? {} : { by }),
  });
  return { blocked: blocked?.check, warnings: warnings.map(({ check }) => check) };
}

function repaired(source: string, translation: string, format: TextFormat): string {
  return withOuterSpace(source, repair({ source, translation, format }).text);
}

/** As the asking does with every answer. */
function withOuterSpace(source: string, translation: string): string {
  const leading = source.slice(0, source.length - source.trimStart().length);
  const trailing = source.slice(source.trimEnd().length);
  return leading + translation.trim() + trailing;
}

/** For each pair another one of its catalog and locale. */
function neighboursOf(pairs: readonly Pair[]): Map<Pair, Pair> {
  const last = new Map<string, Pair>();
  const neighbours = new Map<Pair, Pair>();
  for (const pair of pairs) {
    const group = `${pair.catalog} ${pair.targetLocale}`;
    const before = last.get(group);
    if (before !== undefined) neighbours.set(pair, before);
    last.set(group, pair);
  }
  return neighbours;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
