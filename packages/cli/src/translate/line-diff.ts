/** A unified diff of two texts, for people to read and for `patch` to apply. */

/** Lines around each change. */
const CONTEXT = 3;
/** With more differing lines, the search for the shortest diff would take its time: all lines between are replaced. */
const MOST_EDITS = 1_000;

interface Edit {
  kind: " " | "-" | "+";
  line: string;
}

/** Empty where the texts are equal. @param before Empty: there is no such file. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const edits = editsOf(linesOf(before), linesOf(after));
  const header = [before === "" ? "--- /dev/null" : `--- a/${path}`, `+++ b/${path}`];
  return `${[...header, ...hunks(edits)].join("\n")}\n`;
}

/** Lines with their ends, so that a missing last one shows. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (line: string): Edit => ({ kind: " ", line });
  return [
    ...before.slice(0, start).map(same),
    ...shortest(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** Myers' greedy search: after each number of edits, the farthest place that each diagonal reaches. */
function shortest(before: readonly string[], after: readonly string[]): Edit[] {
  const trace: Map<number, number>[] = [];
  let farthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(MOST_EDITS, before.length + after.length); edits += 1) {
    trace.push(farthest);
    const next = new Map(farthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = isDown(farthest, diagonal, edits)
        ? (farthest.get(diagonal + 1) ?? 0)
        : (farthest.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return backtracked(trace, before, after);
    }
    farthest = next;
  }
  const replaced =
    (kind: "-" | "+") =>
    (line: string): Edit => ({ kind, line });
  return [...before.map(replaced("-")), ...after.map(replaced("+"))];
}

function isDown(farthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (farthest.get(diagonal - 1) ?? 0) < (farthest.get(diagonal + 1) ?? 0);
}

function backtracked(
  trace: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [before.length, after.length];
  for (let step = trace.length - 1; step >= 0; step -= 1) {
    const farthest = trace[step] ?? new Map();
    const diagonal = x - y;
    const previous = isDown(farthest, diagonal, step) ? diagonal + 1 : diagonal - 1;
    const fromX = farthest.get(previous) ?? 0;
    const fromY = fromX - previous;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      edits.push({ kind: " ", line: before[x] ?? "" });
    }
    if (step === 0) break;
    if (x === fromX) edits.push({ kind: "+", line: after[y - 1] ?? "" });
    else edits.push({ kind: "-", line: before[x - 1] ?? "" });
    [x, y] = [fromX, fromY];
  }
  return edits.reverse();
}

function hunks(edits: readonly Edit[]): string[] {
  const near = edits.map((_, at) =>
    edits.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== " "),
  );
  const lines: string[] = [];
  let [old, now] = [1, 1];
  for (let at = 0; at < edits.length; at += 1) {
    if (near[at] !== true) {
      old += 1;
      now += 1;
      continue;
    }
    let end = at;
    while (near[end] === true) end += 1;
    const part = edits.slice(at, end);
    const [removed, added] = [
      part.filter(({ kind }) => kind !== "+").length,
      part.filter(({ kind }) => kind !== "-").length,
    ];
    lines.push(`@@ -${removed === 0 ? old - 1 : old},${removed} +${added === 0 ? now - 1 : now},${added} @@`);
    for (const { kind, line } of part) {
      lines.push(`${kind}${line.replace(/\n$/, "")}`);
      if (!line.endsWith("\n")) lines.push("\\ No newline at end of file");
    }
    old += removed;
    now += added;
    at = end - 1;
  }
  return lines;
}
