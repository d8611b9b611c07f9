/** The pictures of the report, as SVG. */
import type { Verdict } from "./figures.ts";
import type { Curve } from "./stage.ts";

const WIDTH = 900;
const COLOURS = ["#1565c0", "#e65100", "#2e7d32", "#6a1b9a", "#546e7a", "#c62828"];

/**
 * One bar per row of the table: its share of its goal, on a logarithmic scale; a bar right of the line has reached it.
 */
export function drawReaches(cells: readonly Verdict[]): string {
  const bars = cells.flatMap((verdict) => {
    const share = shareOfReach(verdict);
    return share === undefined ? [] : [{ ...verdict, share }];
  });
  const [left, rowHeight, top] = [470, 20, 30];
  const height = top + bars.length * rowHeight + 10;
  // From a quarter of the goal to four times the goal.
  const x = (share: number) =>
    round(left + ((Math.log2(Math.min(4, Math.max(0.25, share))) + 2) / 4) * (WIDTH - left - 60));
  const rows = bars.map(({ cell, against, share, reached }, at) => {
    const y = top + at * rowHeight;
    const [from, to] = [Math.min(x(1), x(share)), Math.max(x(1), x(share))];
    const label = shorten(against === "–" ? cell : `${cell} / ${against}`, 78);
    return `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escapeXml(label)}<title>${escapeXml(`${cell} against ${against}`)}</title></text>
<rect x="${from}" y="${y + 3}" width="${Math.max(1, round(to - from))}" height="${rowHeight - 7}" fill="${reached ? "#2e7d32" : "#c62828"}"/>
<text x="${WIDTH - 52}" y="${y + 13}">${share.toFixed(2)} ×</text>`;
  });
  return svg(
    "Share of the reach",
    height,
    `<text x="${x(1)}" y="20" text-anchor="middle" font-size="12">as should be</text>
${rows.join("\n")}
<line x1="${x(1)}" y1="${top}" x2="${x(1)}" y2="${height - 10}" stroke="#333"/>`,
  );
}

/** From 1 on, the goal is reached. */
function shareOfReach({ ours, ratio, reach, bound, better }: Verdict): number | undefined {
  const figure = bound === "ours" ? ours : ratio;
  if (reach === null || figure === null) return undefined;
  if (better === "more") return figure / reach;
  return figure === 0 ? 4 : reach / figure;
}

export function drawCurve({ title, x: xName, y: yName, isXLogarithmic = false, series }: Curve): string {
  const [height, left, right, top, bottom] = [280, 80, 20, 44, 40];
  const points = series.flatMap((each) => each.points);
  const scaled = (value: number) => (isXLogarithmic ? Math.log10(value) : value);
  const xs = points.map(([at]) => scaled(at));
  const [leastX, mostX] = [Math.min(...xs), Math.max(...xs)];
  const mostY = Math.max(...points.map(([, value]) => value), 1e-9);
  const x = (value: number) =>
    round(left + ((scaled(value) - leastX) / Math.max(1e-9, mostX - leastX)) * (WIDTH - left - right));
  const y = (value: number) => round(height - bottom - (value / mostY) * (height - bottom - top));
  const lines = series.map(({ name, points: each }, at) => {
    const colour = COLOURS[at % COLOURS.length];
    const dots =
      each.length > 30
        ? ""
        : each.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3" fill="${colour}"/>`).join("");
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${each.map(([px, py]) => `${x(px)},${y(py)}`).join(" ")}"/>${dots}
<text x="${left + (at % 4) * 200}" y="34" fill="${colour}">${escapeXml(name)}</text>`;
  });
  const ticksX =
    isXLogarithmic || points.length <= 12 ? [...new Set(points.map(([at]) => at))] : fractions(leastX, mostX);
  return svg(
    title,
    height,
    `<text x="${left}" y="16" font-size="13">${escapeXml(`${title} (${yName})`)}</text>
<line x1="${left}" y1="${height - bottom}" x2="${WIDTH - right}" y2="${height - bottom}" stroke="#333"/>
${[0, 0.5, 1].map((share) => `<text x="${left - 6}" y="${y(mostY * share) + 4}" text-anchor="end">${short(mostY * share)}</text>`).join("\n")}
${ticksX.map((value) => `<text x="${x(value)}" y="${height - bottom + 15}" text-anchor="middle">${short(value)}</text>`).join("\n")}
<text x="${WIDTH - right}" y="${height - 8}" text-anchor="end">${escapeXml(xName)}</text>
${lines.join("\n")}`,
  );
}

function fractions(from: number, to: number): number[] {
  return Array.from({ length: 7 }, (_, at) => from + ((to - from) * at) / 6);
}

function svg(title: string, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<title>${escapeXml(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${body}
</svg>
`;
}

function short(value: number): string {
  if (value >= 1e6) return `${round(value / 1e6)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return String(value >= 100 ? Math.round(value) : round(value));
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
