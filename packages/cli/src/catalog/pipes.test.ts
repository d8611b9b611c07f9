import { expect, test } from "vitest";
import { formsBetweenPipes, withPipes } from "./pipes.ts";

const pipes = (text: string) => withPipes({ key: "n", text, line: 1, column: 1 }).parts;

test("the forms between pipes are told one by one, with the number that vue-i18n takes each for", () => {
  const parts = pipes("none | one car |  {n} cars");
  expect(parts?.rows.map(({ text, form }) => `${form.category}:${text}`)).toEqual([
    "=0:none",
    "=1:one car",
    "other:{n} cars",
  ]);
  expect(parts?.join(["keins", "ein | Auto", "{n} Autos"])).toBe("keins | ein {'|'} Auto |  {n} Autos");
});

test.each([
  ["one car | many cars", ["one car", "many cars"]],
  ["car|cars", ["car", "cars"]],
  ["Results {count} | Shop", ["Results {count}", "Shop"]],
  ["a {'|'} b | c", ["a {'|'} b", "c"]],
])("each pipe parts two forms: %j", (text, forms) => {
  expect(pipes(text)?.rows.map((row) => row.text)).toEqual(forms);
});

test("a value's forms are parted at the pipes that part its source", () => {
  expect(formsBetweenPipes("voiture|voitures")).toEqual(["voiture", "voitures"]);
  expect(formsBetweenPipes("aucune |  une {'|'} voiture| {n} voitures")).toEqual([
    "aucune",
    "une {'|'} voiture",
    "{n} voitures",
  ]);
});

test.each(["Left {'|'} right", "car", " | {n}", "{n} |", "a | | b"])("there are no two forms in %j", (text) => {
  expect(pipes(text)).toBeUndefined();
});
