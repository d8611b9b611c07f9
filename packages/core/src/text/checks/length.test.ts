import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import { length } from "./length.ts";
import { CheckSubject } from "./subject.ts";

const LONG = "Selecting this mode may adversely affect performance on a machine with little memory.";

test.each([
  ["OK", "Einverstanden, weiter", undefined],
  ["Save", "Enregistrer", undefined],
  ["Filename", "Enter the name of a file, or choose one that exists, please.", "it is far longer than its source"],
  [LONG, "Mode.", "it is far shorter than its source"],
  [LONG, "La sélection de ce mode peut affecter les performances d'une machine qui a peu de mémoire.", undefined],
  [LONG, "选择此模式可能会影响内存较小的计算机的性能。", undefined],
  ["选择此模式可能会影响内存较小的计算机的性能。", LONG, undefined],
  ["このモードを選択すると、メモリの少ないマシンで性能に悪影響を及ぼす可能性があります。", LONG, undefined],
  [
    "{n, plural, one {# file} other {# files}}",
    "{n, plural, zero {# ملف} one {# ملف واحد} two {# ملفان} few {# ملفات} many {# ملفًا} other {# ملف من الملفات التي هنا}}",
    undefined,
  ],
  ["Tap to learn more.", ".", "it has no words"],
  ["Save {name}", "{name}", undefined],
  ["<not supported>", "<niewspierany>", undefined],
  ["", "", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(length.check(new CheckSubject({ source, translation }))).toBe(message);
});

test("a megabyte is weighed at once", async () => {
  const source = "長い文".repeat(350_000);
  const ms = await cpuMs(() => {
    expect(length.check(new CheckSubject({ source, translation: source, format: "text" }))).toBeUndefined();
  });
  expect(ms).toBeLessThan(2_000);
});
