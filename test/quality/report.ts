/** The figures as Markdown tables, for docs/quality.md and for a terminal. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Breakage, FalseAlarms, WayFigures } from "./measure.ts";

export function falseAlarmTable({ catalogs, pairs, blocked, eastAsianPlurals }: FalseAlarms): string {
  return table(
    ["catalog", "pairs", "blocked", "%", "by"],
    [
      ...catalogs.map((entry) => [
        entry.catalog,
        number(entry.pairs),
        number(entry.blocked),
        percent(entry.blocked, entry.pairs, 2),
        Object.entries(entry.checks)
          .sort(([, a], [, b]) => b - a)
          .map(([check, times]) => `${check} ${times}`)
          .join(", "),
      ]),
      ["**all**", number(pairs), number(blocked), percent(blocked, pairs, 3), ""],
      [
        "of them ICU plurals into Chinese, Japanese, Korean",
        number(eastAsianPlurals.pairs),
        number(eastAsianPlurals.blocked),
        percent(eastAsianPlurals.blocked, eastAsianPlurals.pairs, 2),
        "",
      ],
    ],
  );
}

export function warningTable(alarms: FalseAlarms): string {
  const { warned, warnedOfAll, warnedOfTranslated, different, translated, pairs } = alarms;
  return table(
    ["warning", "fires", "% of pairs that differ", "% of translated pairs", "% of all pairs"],
    Object.entries(warnedOfAll)
      .sort(([, a], [, b]) => b - a)
      .map(([check, times]) => [
        `\`${check}\``,
        number(warned[check] ?? 0),
        percent(warned[check] ?? 0, different, 3),
        percent(warnedOfTranslated[check] ?? 0, translated, 3),
        percent(times, pairs, 3),
      ]),
  );
}

export function breakageTable({ ways }: Breakage): string {
  return table(
    ["way", "ought", "applied", "blocked", "repaired", "warned", "caught", "by"],
    ways.map((figures) => [
      `\`${figures.way.replaceAll("|", "\\|")}\``,
      figures.ought,
      number(figures.applied),
      number(figures.blocked),
      number(figures.repaired),
      number(figures.warned),
      figures.applied === 0 ? "–" : percent(caughtOf(figures), figures.applied, 0),
      figures.by.slice(0, 3).join(", "),
    ]),
  );
}

export function summaryOf(alarms: FalseAlarms, breakage: Breakage): string {
  const least = breakage.ways
    .filter(({ ought, applied }) => (ought === "block" || ought === "repair") && applied > 0)
    .map((figures) => ({ way: figures.way, share: caughtOf(figures) / figures.applied }))
    .filter(({ share }) => share < LEAST_OF_A_WAY)
    .map(({ way, share }) => `${way} ${(100 * share).toFixed(0)} %`);
  return [
    `- Right translations blocked: ${percent(alarms.blocked, alarms.pairs, 3)} % of ${number(alarms.pairs)}.`,
    `- Ways that ought to be blocked: ${(100 * breakage.caught).toFixed(1)} % of the broken texts are blocked or repaired.`,
    `- Ways of these under ${100 * LEAST_OF_A_WAY} %: ${least.length === 0 ? "none" : least.map((way) => `\`${way}\``).join(", ")}.`,
    `- The most frequent warning fires on ${mostFrequent(alarms)} % of the translated pairs.`,
    `- Ways that deserve a warning: ${(100 * breakage.warned).toFixed(1)} % of the broken texts are warned of, blocked or repaired.`,
  ].join("\n");
}

function mostFrequent({ warnedOfTranslated, translated }: FalseAlarms): string {
  return percent(Math.max(0, ...Object.values(warnedOfTranslated)), translated, 2);
}

/** Writes sections into docs/quality.md, each between its marks. */
export function writeSections(sections: Readonly<Record<string, string>>, page = PAGE): void {
  let text = readFileSync(page, "utf8");
  for (const [name, content] of Object.entries(sections)) {
    const marks = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
    text = text.replace(marks, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
  }
  writeFileSync(page, text);
}

const PAGE = join(import.meta.dirname, "../../docs/quality.md");

export const LEAST_OF_A_WAY = 0.85;

/** What counts as caught: for a way that ought to be blocked, a warning does not. */
export function caughtOf({ ought, blocked, repaired, warned }: WayFigures): number {
  return blocked + repaired + (ought === "block" || ought === "repair" ? 0 : warned);
}

function percent(part: number, whole: number, digits: number): string {
  return whole === 0 ? "–" : ((100 * part) / whole).toFixed(digits);
}

function number(value: number): string {
  return value.toLocaleString("en");
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
