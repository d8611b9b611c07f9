/** Throughput over time with the faults marked, as figures and as a picture. */
import type { Scene } from "./scene.ts";

export interface Timeline {
  /** Seconds between two counts, from the start of the load. */
  step: number;
  /** Rows acknowledged, and rows stored, per second, in each step. */
  acknowledged: number[];
  stored: number[];
  /** Seconds from the start of the load. */
  faults: { kind: string; from: number; to: number }[];
}

export async function timelineOf(scene: Scene): Promise<Timeline> {
  const { rows } = await scene.db.query<{ at: number }>(
    "select (extract(epoch from at) * 1000)::float8 as at from chaos.stored where status = 'translated' order by at",
  );
  const stored = rows.map(({ at }) => seconds(scene.realTime(at), scene));
  const acknowledged = [...scene.load.first.values()].map(({ acked }) => seconds(acked, scene));
  const end = Math.max(scene.options.seconds, ...stored.slice(-1));
  const step = Math.max(0.5, end / 240);
  return {
    step,
    acknowledged: rates(acknowledged, step, end).map((rate) => rate * scene.locales.length),
    stored: rates(stored, step, end),
    faults: scene.faults.map(({ kind, at, endedAt }) => ({
      kind,
      from: seconds(at, scene),
      to: seconds(endedAt, scene),
    })),
  };
}

function seconds(at: number, scene: Scene): number {
  return (at - scene.startedAt) / 1_000;
}

function rates(times: readonly number[], step: number, end: number): number[] {
  const counts = new Array<number>(Math.ceil(end / step) + 1).fill(0);
  for (const time of times) {
    const at = Math.min(counts.length - 1, Math.max(0, Math.floor(time / step)));
    counts[at] = (counts[at] ?? 0) + 1 / step;
  }
  return counts;
}

const WIDTH = 900;
const HEIGHT = 220;
const LEFT = 60;
const BOTTOM = 30;
const TOP = 24;

/** An SVG: rows acknowledged (grey) and stored (blue) per second; faults in red. */
export function drawTimeline(title: string, timeline: Timeline): string {
  const { step, acknowledged, stored, faults } = timeline;
  const end = step * stored.length;
  const most = Math.max(1, ...stored, ...acknowledged);
  const x = (time: number) => round(LEFT + (Math.min(Math.max(time, 0), end) / end) * (WIDTH - LEFT - 10));
  const y = (rate: number) => round(HEIGHT - BOTTOM - (rate / most) * (HEIGHT - BOTTOM - TOP));
  const line = (rates: readonly number[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${rates.map((rate, at) => `${x(at * step)},${y(rate)}`).join(" ")}"/>`;
  const marks = faults.map(({ kind, from, to }) => {
    const width = Math.max(1, round(x(to) - x(from)));
    return `<rect x="${x(from)}" y="${TOP}" width="${width}" height="${HEIGHT - BOTTOM - TOP}" fill="#d33" opacity="0.25"><title>${escapeXml(kind)}, ${from.toFixed(1)} s</title></rect>`;
  });
  const ticks = Array.from({ length: 7 }, (_, at) => (end * at) / 6).map(
    (time) => `<text x="${x(time)}" y="${HEIGHT - 10}" text-anchor="middle">${Math.round(time)} s</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">
<title>${escapeXml(title)}: translations a second, and faults</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="15" font-size="13">${escapeXml(title)}: translations a second, requested (grey) and stored (blue); faults in red</text>
${marks.join("\n")}
<line x1="${LEFT}" y1="${HEIGHT - BOTTOM}" x2="${WIDTH - 10}" y2="${HEIGHT - BOTTOM}" stroke="#333"/>
<text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${Math.round(most)}</text>
<text x="${LEFT - 6}" y="${y(0) + 4}" text-anchor="end">0</text>
${line(acknowledged, "#999")}
${line(stored, "#1565c0")}
${ticks.join("\n")}
</svg>
`;
}

const BLOCKS = " ▁▂▃▄▅▆▇█";

/** The same for a terminal: a line for the stored rows, and one that marks the faults. */
export function sketchTimeline({ step, stored, faults }: Timeline, width = 100): string {
  const most = Math.max(1, ...stored);
  const columns = Math.min(width, stored.length);
  const perColumn = stored.length / columns;
  let throughput = "";
  let marks = "";
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor(column * perColumn);
    const slice = stored.slice(from, Math.max(from + 1, Math.floor((column + 1) * perColumn)));
    const mean = slice.reduce((sum, rate) => sum + rate, 0) / slice.length;
    throughput += BLOCKS[Math.round((mean / most) * (BLOCKS.length - 1))];
    const [begins, ends] = [column * perColumn * step, (column + 1) * perColumn * step];
    marks += faults.some(({ from: at, to }) => at < ends && to >= begins) ? "x" : " ";
  }
  return `${throughput}  (at most ${Math.round(most)}/s)\n${marks}`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
