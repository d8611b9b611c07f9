import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import { tidied } from "./tidy.ts";

test.each([
  ["No rooms found", "Ninguna #habitación encontrada", "Ninguna habitación encontrada"],
  ["the guest", "el @guest", "el guest"],
  ["Ask in #help", "Pregunta en #help", "Pregunta en #help"],
  ["Write to a@example.com", "Escribe a a@example.com", "Escribe a a@example.com"],
  ["There is a room", "Hay  una habitación", "Hay una habitación"],
  ["Two  rooms", "Dos  habitaciones", "Dos  habitaciones"],
  ['<x id="1"/> rooms', '<x id="1"/> Habitaciones', '<x id="1"/> habitaciones'],
  ['<g id="1">red</g> rooms', '<g id="1">Rojo</g> Habitaciones', '<g id="1">rojo</g> habitaciones'],
  ['<x id="1"/> Rooms', '<x id="1"/> Habitaciones', '<x id="1"/> Habitaciones'],
  ['Room of Ada in <x id="1"/>', 'Habitación en <x id="1"/> Ada', 'Habitación en <x id="1"/> Ada'],
  ['In <x id="1"/> rooms. Now', 'En <x id="1"/>. Ahora habitaciones', 'En <x id="1"/>. Ahora habitaciones'],
  ['<x id="1"/> rooms', '<x id="1"/> USB', '<x id="1"/> USB'],
])("%j: %j becomes %j", (source, answer, tidy) => {
  expect(tidied(answer, source)).toBe(tidy);
});

test("a long hostile answer is tidied in time", async () => {
  const ms = await cpuMs(() => {
    for (const part of ["#", "@", "  ", '<x id="1"/> ', "<g id=", '<x id="1"/>A']) tidied(part.repeat(100_000), "a");
  });
  expect(ms).toBeLessThan(5_000);
});
