/** Which protected parts surround words, so that a mask of tags can say so. */
import type { Span } from "../icu.ts";
import type { Member, Parted, Run } from "./parts.ts";

/** A stretch that one token stands for. */
export interface Piece extends Span {
  /** Void, or the opening or closing half of an element. */
  kind: "void" | "open" | "close";
  /** The position of the piece; for a closing half that of its opening one. */
  id: number;
}

/**
 * The pieces of a text, in order, at least one a run. A run is one piece, unless its tags surround words of different
 * places: `<p><b>a</b> b</p>`. The halves of the elements nest.
 */
export function piecesOf({ runs }: Parted): Piece[] {
  const partners = partnersAcross(runs);
  const runOf = new Map<Member, Run>();
  for (const run of runs) for (const member of run.members) runOf.set(member, run);

  const pieces: Piece[] = [];
  const opened = new Map<Member, number>();
  for (const run of runs) {
    const crossing = run.members.filter((member) => partners.has(member));
    const whole = isWhole(run, crossing, partners, runOf);
    const cuts = whole
      ? crossing.slice(0, 1).map((member) => ({ member, start: run.start, end: run.end }))
      : crossing.map((member) => ({ member, start: member.start, end: member.end }));
    let at = run.start;
    for (const { member, start, end } of cuts) {
      if (start > at) pieces.push({ start: at, end: start, kind: "void", id: pieces.length });
      if (member.role === "open") {
        // The first member that closes it may be another than its own partner where the whole run is one piece.
        opened.set(member, pieces.length);
        pieces.push({ start, end, kind: "open", id: pieces.length });
      } else {
        pieces.push({ start, end, kind: "close", id: openingOf(member, whole, partners, runOf, opened) });
      }
      at = end;
    }
    if (run.end > at) pieces.push({ start: at, end: run.end, kind: "void", id: pieces.length });
  }
  return pieces;
}

/** Members of different runs that belong together, each way. */
function partnersAcross(runs: readonly Run[]): Map<Member, Member> {
  const partners = new Map<Member, Member>();
  const open: { member: Member; run: Run }[] = [];
  const waiting = new Map<string, number>();
  for (const run of runs) {
    for (const member of run.members) {
      if (member.role === "open") {
        open.push({ member, run });
        waiting.set(member.name, (waiting.get(member.name) ?? 0) + 1);
        continue;
      }
      if ((waiting.get(member.name) ?? 0) === 0) continue;
      // An element that opened since has no end before this one, so it surrounds nothing: <br>, or crossed tags.
      for (let last = open.pop(); last !== undefined; last = open.pop()) {
        waiting.set(last.member.name, (waiting.get(last.member.name) ?? 1) - 1);
        if (last.member.name !== member.name) continue;
        if (last.run !== run) {
          partners.set(last.member, member);
          partners.set(member, last.member);
        }
        break;
      }
    }
  }
  return partners;
}

/** Whether a run as a whole opens or closes one element: all that crosses its border goes to the same other run. */
function isWhole(
  run: Run,
  crossing: readonly Member[],
  partners: ReadonlyMap<Member, Member>,
  runOf: ReadonlyMap<Member, Run>,
): boolean {
  const [first] = crossing;
  if (first === undefined) return false;
  const other = otherRun(first, partners, runOf);
  const isMutual = (members: readonly Member[], expected: Run | undefined) =>
    members.every((member) => !partners.has(member) || otherRun(member, partners, runOf) === expected);
  return isMutual(run.members, other) && isMutual(other?.members ?? [], run);
}

function otherRun(
  member: Member,
  partners: ReadonlyMap<Member, Member>,
  runOf: ReadonlyMap<Member, Run>,
): Run | undefined {
  const partner = partners.get(member);
  return partner === undefined ? undefined : runOf.get(partner);
}

function openingOf(
  member: Member,
  whole: boolean,
  partners: ReadonlyMap<Member, Member>,
  runOf: ReadonlyMap<Member, Run>,
  opened: ReadonlyMap<Member, number>,
): number {
  const opener = whole
    ? otherRun(member, partners, runOf)?.members.find((each) => opened.has(each))
    : partners.get(member);
  return (opener && opened.get(opener)) ?? -1;
}
