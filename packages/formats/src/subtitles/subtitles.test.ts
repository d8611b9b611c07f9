import { CatalogError } from "@trans-hub/core/operations";
import { expect, test } from "vitest";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { srt, vtt } from "./subtitles.ts";

const SRT = `1
00:00:01,000 --> 00:00:02,500
{\\an8}<i>Hello</i> there,
how are you?

2
00:00:03,000 --> 00:00:04,000
Fine.

3
00:00:05,000 --> 00:00:06,000
♪ ♪
`;

const VTT = `WEBVTT - A talk

STYLE
::cue { color: red }

NOTE Not for
readers

intro
00:01.000 --> 00:02.000 align:start
<v Ann>Hello

00:00:03.000 --> 00:00:04.000
Fine.
Thanks.`;

formatConformance(srt, [
  { name: "two cues", content: SRT },
  { name: "with CRLF and a byte order mark", content: `\uFEFF${SRT.replaceAll("\n", "\r\n")}` },
]);
formatConformance(vtt, [{ name: "a talk", content: VTT }]);
randomEdits(srt, [SRT]);
randomEdits(vtt, [VTT]);

test("cues are texts under their times", () => {
  const units = (format: typeof srt, content: string) =>
    format.read(Buffer.from(content), { file: "a" }).units.map(({ id, value, translate }) => [id, value, translate]);
  expect(units(srt, SRT)).toEqual([
    ["00:00:01,000 --> 00:00:02,500", "<i>Hello</i> there,\nhow are you?", true],
    ["00:00:03,000 --> 00:00:04,000", "Fine.", true],
    ["00:00:05,000 --> 00:00:06,000", "♪ ♪", false],
  ]);
  expect(units(vtt, VTT)).toEqual([
    ["00:01.000 --> 00:02.000", "<v Ann>Hello", true],
    ["00:00:03.000 --> 00:00:04.000", "Fine.\nThanks.", true],
  ]);
});

test("of two cues with the same times, the second has a number", () => {
  const { units } = srt.read(Buffer.from(SRT.replace("05,000 --> 00:00:06", "03,000 --> 00:00:04")), { file: "a.srt" });
  expect(units.map(({ id }) => id.slice(-7))).toEqual([":02,500", ":04,000", "4,000#2"]);
});

test("a WebVTT file without its first line is refused", () => {
  expect(() => vtt.read(Buffer.from(SRT), { file: "a.vtt" })).toThrow(CatalogError);
  expect(() => vtt.read(Buffer.from(SRT), { file: "a.vtt" })).toThrow(/^a\.vtt:1:1: /);
});
