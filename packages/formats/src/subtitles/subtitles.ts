/**
 * SubRip and WebVTT: the text of each cue, under its times. Notes, styles and regions stand as they are, as do numbers, names and
 * settings of cues.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Format, Span, Unit, Value } from "../contract.ts";
import { OwnedDocument, type OwnedPlace } from "../owned-document.ts";
import { Places } from "../places.ts";
import type { Splice } from "../splice.ts";
import { decodeFile, type TextFile } from "../text-file.ts";

/** A cue, without the line end behind it. */
interface Cue extends OwnedPlace {
  readonly value: Span;
}

export const srt: Format = subtitles("srt");
export const vtt: Format = subtitles("vtt");

function subtitles(name: "srt" | "vtt"): Format {
  return {
    name,
    layout: "one-locale",
    read(bytes, { file }): CatalogDocument {
      const source = decodeFile(bytes, { file, format: "srt" });
      if (name === "vtt" && !/^WEBVTT(?:[ \t\r\n]|$)/.test(source.text)) {
        throw new CatalogError(file, 'invalid WebVTT: it does not begin with "WEBVTT"', { line: 1, column: 1 });
      }
      return new SubtitleDocument(source, cuesOf(source));
    },
  };
}

const TIMES = /^[ \t]*((?:\d+:)?\d+:\d+[.,]\d+)[ \t]+-->[ \t]+((?:\d+:)?\d+:\d+[.,]\d+)([^\r\n]*)$/;

function cuesOf({ text }: TextFile): Cue[] {
  const places = new Places(text);
  const counts = new Map<string, number>();
  const cues: Cue[] = [];
  // Stretches without an empty line.
  for (const { 0: chunk, index } of text.matchAll(/(?:[^\r\n]*\S[^\r\n]*(?:\r\n|\n|\r|$))+/g)) {
    const lines = [...chunk.matchAll(/([^\r\n]*)(?:\r\n|\n|\r|$)/g)];
    const at = lines.slice(0, 2).findIndex(([, line = ""]) => TIMES.test(line));
    const times = TIMES.exec(lines[at]?.[1] ?? "");
    const first = lines[at + 1];
    if (times === null || first === undefined) continue;
    const owner = { start: index, end: index + chunk.replace(/[\r\n]+$/, "").length };
    // `{\an8}` says where the cue stands.
    const place = /^(?:\{\\[^}\r\n]*\})*/.exec(first[1] ?? "")?.[0].length ?? 0;
    const value = { start: index + first.index + place, end: owner.end };
    if (value.end <= value.start) continue;
    const key = `${times[1]} --> ${times[2]}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const words = text.slice(value.start, value.end).replace(/\r\n|\r/g, "\n");
    const unit: Unit = {
      id: count === 1 ? key : `${key}#${count}`,
      value: words,
      syntax: "html",
      translate: /\p{L}/u.test(words.replace(/<[^>\n]*>/g, "")),
      state: "translated",
      ...places.at(value.start),
    };
    cues.push({ unit, owner, value });
  }
  return cues;
}

class SubtitleDocument extends OwnedDocument<Cue> {
  readonly locale = undefined;
  readonly isBilingual = false;

  protected set({ value: span, unit }: Cue, value: Value): Splice[] | string {
    if (typeof value !== "string") return "the format has no plural forms";
    if (value === unit.value) return [];
    if (value === "" || /^[^\S\n]*$/m.test(value) || /[\r\n]$/.test(value)) return "a cue has no empty line";
    if (value.includes("-->")) return "a cue has no arrow";
    if (/^\{\\[^}\n]*\}/.test(value)) return "a cue's text does not begin with its place";
    return [{ ...span, text: value.replaceAll("\n", this.file.lineEnd) }];
  }

  protected insertion(copy: string, _place: Cue, _from: this, neighbour: Cue | undefined): Splice {
    const { text, lineEnd } = this.file;
    const between = lineEnd.repeat(2);
    if (neighbour !== undefined) {
      return { start: neighbour.owner.end, end: neighbour.owner.end, text: `${between}${copy}` };
    }
    const [first] = this.places.values();
    if (first !== undefined) return { start: first.owner.start, end: first.owner.start, text: `${copy}${between}` };
    const before = text === "" || text.endsWith(between) ? "" : /[\r\n]$/.test(text) ? lineEnd : between;
    return { start: text.length, end: text.length, text: `${before}${copy}${between}` };
  }

  /** With the empty lines behind it. */
  protected removal({ owner: { start, end } }: Cue): Span {
    const { text } = this.file;
    while (end < text.length && /\s/.test(text[end] ?? "")) end += 1;
    return { start, end };
  }
}
