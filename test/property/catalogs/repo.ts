/** A repository with the same texts in every format, and the edits of the people who work in it. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Coordinator } from "@trans-hub/core";
import { type CatalogDocument, type Change, formatNamed, formatOf, type Unit, type Value } from "@trans-hub/formats";
import { Output } from "../../../packages/cli/src/output.ts";
import { runProgram } from "../../../packages/cli/src/program.ts";
import { ARRAY, type Edit, type TargetEdit } from "./edits.ts";
import type { Notation, SourceText } from "./notations.ts";

/** With a plural family in it: its key begins so. */
const isFamily = (key: string) => key.startsWith("n");

/** Texts of a kind are alike: all have a placeholder, or none has. A value under a renamed key is then still right. */
const kindOf = (key: string) => (isFamily(key) ? "family" : "bd".includes(key) ? "plain" : "filled");

export interface Ran {
  code: number;
  report: Record<string, unknown>;
  told: string;
}

export class Repo {
  readonly folder: string;
  readonly #notations: readonly Notation[];
  readonly #hub: Coordinator;
  readonly #env: Record<string, string>;
  /** The source, in its order. The value is the number of a word. */
  #source: [key: string, word: number][] = [];
  /** The words of the array. */
  readonly #array: number[] = [0, 1];
  readonly #notes = new Map<string, number>();
  #count = 0;
  /** Every text that a person typed into a target, by the notation; without those that a person took out again. */
  readonly persons: ReadonlyMap<Notation, Set<string>>;
  /** Whether the lock was lost since the values were last said to fit. */
  isLockLost = false;
  #olderLock = "";

  constructor(
    folder: string,
    notations: readonly Notation[],
    { hub, env, project }: { hub: Coordinator; env: Record<string, string>; project: string },
  ) {
    this.folder = folder;
    this.#notations = notations;
    this.#hub = hub;
    this.#env = { ...env, TH_PROJECT: project, USER: "mia" };
    this.persons = new Map(notations.map((notation) => [notation, new Set()]));
  }

  async begin(source: readonly [key: string, word: number][]): Promise<void> {
    for (const each of ["en", "pl"]) await mkdir(join(this.folder, each), { recursive: true });
    const files = this.#notations.map(({ file, format }) => ({
      in: `en/${file}`,
      out: `{locale}/${file}`,
      ...(format && { format }),
      ...(file === "vue.json" && { syntax: "vue-i18n" }),
    }));
    await writeFile(
      join(this.folder, "trans-hub.config.json"),
      JSON.stringify({ source: "en", targets: ["pl"], files }),
    );
    this.#source = [...source];
    await this.#printSources();
  }

  /** Runs a command in this process. */
  async run(...args: string[]): Promise<Ran> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const env = this.#env;
    const output = new Output({ json: true, stdout, stderr, env } as unknown as ConstructorParameters<
      typeof Output
    >[0]);
    const context = {
      ...{ env, cwd: this.folder, stdin: process.stdin, output, signal: new AbortController().signal },
      ...{ exitCode: 0, graceMs: 0, releaseSignals: () => undefined },
    };
    await runProgram([...args, "--json"], "0.0.0", context);
    stdout.end();
    stderr.end();
    const told = String(stderr.read() ?? "");
    return { code: context.exitCode, report: JSON.parse(String(stdout.read() ?? "{}")), told };
  }

  target(notation: Notation): Promise<string> {
    return readFile(join(this.folder, "pl", notation.file), "latin1").catch(() => "");
  }

  lock(): Promise<string> {
    return readFile(join(this.folder, "trans-hub.lock"), "utf8").catch(() => "");
  }

  /** The texts of people that a target does not have any more. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const [notation, texts] of this.persons) {
      const content = await this.target(notation);
      for (const text of texts) if (!content.includes(text)) lost.push(`${notation.file}: ${text}`);
    }
    return lost;
  }

  async take(edit: Edit): Promise<void> {
    this.#count += 1;
    switch (edit.kind) {
      case "person":
      case "clear":
      case "move":
      case "orphan":
        for (const notation of this.#notations) await this.#edit(notation, edit);
        return;
      case "approve":
        for (const notation of this.#notations) await this.#approve(notation, edit.key);
        return;
      case "lock":
        return this.#harmLock(edit.harm);
      case "take":
      case "prune":
        // The person who ran it gave up the values that it took.
        return this.#givingUp(() =>
          this.run("translate", ...(edit.kind === "take" ? ["--take", edit.side] : ["--prune"])),
        );
      case "run":
        await this.run(...edit.args);
        return;
      default:
        if (edit.kind === "remove" || edit.kind === "rename") await this.#giveUpFamily(edit.key);
        this.#editSource(edit);
        await this.#printSources();
    }
  }

  async #givingUp(act: () => Promise<unknown>): Promise<void> {
    const before = await this.lost();
    await act();
    const after = new Set(await this.lost());
    for (const each of before) after.delete(each);
    for (const [notation, texts] of this.persons) {
      for (const text of texts) if (after.has(`${notation.file}: ${text}`)) texts.delete(text);
    }
  }

  async #giveUpFamily(key: string): Promise<void> {
    for (const notation of this.#notations.filter(({ losesFamilies }) => isFamily(key) && losesFamilies)) {
      if ((await this.target(notation)) === "") continue;
      const { units } = await this.#read(notation, "pl");
      const value = units.find((unit) => owns(notation, unit, key))?.value;
      const texts = typeof value === "object" ? [...value.forms.values()].join() : "";
      for (const text of this.persons.get(notation) ?? []) {
        if (texts.includes(text)) this.persons.get(notation)?.delete(text);
      }
    }
  }

  #editSource(edit: Edit): void {
    const at = "key" in edit ? this.#source.findIndex(([key]) => key === edit.key) : -1;
    const present = this.#source[at];
    if (edit.kind === "array") this.#editArray(edit);
    else if (edit.kind === "source") {
      if (present === undefined) this.#source.splice(edit.at % (this.#source.length + 1), 0, [edit.key, edit.word]);
      else present[1] = edit.word;
    } else if (present === undefined) return;
    else if (edit.kind === "remove") this.#source.splice(at, 1);
    else if (edit.kind === "reorder") {
      this.#source.splice(at, 1);
      this.#source.splice(edit.at % (this.#source.length + 1), 0, present);
    } else if (edit.kind === "note") this.#notes.set(edit.key, this.#count);
    else if (edit.kind === "rename" && kindOf(edit.key) === kindOf(edit.to)) {
      if (!this.#source.some(([key]) => key === edit.to)) present[0] = edit.to;
    }
  }

  #editArray({ act, at, word }: Extract<Edit, { kind: "array" }>): void {
    const place = at % (this.#array.length + 1);
    if (act === "insert") this.#array.splice(place, 0, word);
    else if (act === "reword" && place < this.#array.length) this.#array[place] = word;
    else {
      const [item] = this.#array.splice(place, 1);
      if (act === "move" && item !== undefined) this.#array.splice(word % (this.#array.length + 1), 0, item);
    }
  }

  async #printSources(): Promise<void> {
    for (const notation of this.#notations) {
      await writeFile(join(this.folder, "en", notation.file), notation.print(this.#texts(notation)));
    }
  }

  #texts(notation: Notation, more: readonly [string, number][] = []): SourceText[] {
    const items = this.#array.map((word) => `Item ${WORDS[word]}`);
    const array = notation.hasArrays === true && items.length > 0 ? [{ key: ARRAY, text: "", items }] : [];
    const texts = [...this.#source, ...more].map(([key, word]): SourceText => {
      const note = this.#notes.get(key);
      const about = note === undefined ? {} : { note: `note ${note}` };
      const name = WORDS[word % WORDS.length] ?? "";
      if (!isFamily(key)) {
        const filled = kindOf(key) === "plain" ? name : `${name} ${notation.placeholder}`.trim();
        return { key, text: filled, ...about };
      }
      const [first = ""] = name.split(" ");
      return {
        ...{ key, text: `${notation.count} ${first} files`.trim(), ...about },
        one: `${notation.count} ${first} file`.trim(),
      };
    });
    return [...texts, ...array];
  }

  async #edit(notation: Notation, edit: TargetEdit): Promise<void> {
    const before = await this.target(notation);
    if (before === "") return;
    const path = join(this.folder, "pl", notation.file);
    const text = `persona ${this.#count} x`;
    if (notation.blocks !== undefined) {
      const block = editedBlock(notation, before, edit);
      if (block === undefined) return;
      this.#takenOut = personsTextIn(before.slice(block.start, block.end));
      await writeFile(path, before.slice(0, block.start) + text + before.slice(block.end), "latin1");
    } else {
      const after = await this.#editedValues(notation, edit, text);
      if (after !== undefined) await writeFile(path, after);
    }
    const content = await this.target(notation);
    const texts = this.persons.get(notation);
    if (content.includes(text)) texts?.add(text);
    for (const each of texts ?? []) if (before.includes(each) && !content.includes(each)) texts?.delete(each);
    // A text of a person that stands elsewhere too was put there by the store.
    if (this.#takenOut !== undefined) texts?.delete(this.#takenOut);
    this.#takenOut = undefined;
  }

  #takenOut: string | undefined;

  async #editedValues(notation: Notation, edit: TargetEdit, text: string): Promise<Uint8Array | undefined> {
    const isNew = edit.kind === "orphan" && !this.#source.some(([key]) => key === edit.key);
    const texts = this.#texts(notation, isNew ? [[edit.key, 0]] : []);
    const source = await this.#read(notation, "en", { content: notation.print(texts) });
    const target = await this.#read(notation, "pl", { source });
    const items = source.units.filter(({ group = "" }) => group.split(".")[0] === ARRAY);
    const unit =
      edit.key === ARRAY && edit.kind === "person"
        ? items[edit.form % Math.max(items.length, 1)]
        : source.units.find((each) => owns(notation, each, edit.key));
    if (unit === undefined) return undefined;
    const there = target.units.find(({ id }) => id === unit.id);
    if (edit.kind === "move") return there && this.#moved(notation, there, { source, target, at: edit.at });
    const change =
      edit.kind === "clear"
        ? there && cleared(there)
        : written(notation, { unit, there, source, text, form: edit.kind === "person" ? edit.form : 0 });
    if (change === undefined) return undefined;
    const { bytes, refused } = target.write([change]);
    if (refused.length > 0) return undefined;
    this.#takenOut = personsTextIn(there?.value, edit.kind === "person" ? edit.form : undefined);
    return bytes;
  }

  async #moved(
    notation: Notation,
    { id, value }: Unit,
    { source, target, at }: { source: CatalogDocument; target: CatalogDocument; at: number },
  ): Promise<Uint8Array | undefined> {
    if (source.isBilingual || value === undefined) return undefined;
    const removed = target.write([{ kind: "remove", id }]);
    if (removed.refused.length > 0) return undefined;
    const without = await this.#read(notation, "pl", { source, content: removed.bytes });
    const after = without.units[at % (without.units.length + 1)]?.id;
    const added = without.write([{ kind: "add", id, value, from: source, after }]);
    return added.refused.length > 0 ? undefined : added.bytes;
  }

  async #read(
    notation: Notation,
    locale: string,
    { source, content }: { source?: CatalogDocument; content?: string | Uint8Array } = {},
  ): Promise<CatalogDocument> {
    const path = join(this.folder, locale, notation.file);
    const bytes = content === undefined ? await readFile(path) : Buffer.from(content);
    const format = notation.format === undefined ? await formatOf(path, bytes) : await formatNamed(notation.format);
    return format.read(bytes, { file: notation.file, locale, sourceLocale: "en", source });
  }

  async #approve(notation: Notation, key: string): Promise<void> {
    const source = await this.#read(notation, "en");
    const unit = source.units.find((each) => owns(notation, each, key) || (notation.blocks && each.translate));
    const text = unit?.source ?? unit?.value;
    if (unit === undefined || typeof text !== "string") return;
    const approvedText = textFor(notation, text, `approved ${this.#count} x`);
    const name = { businessId: `en/${notation.file}#${unit.id}`, sourceLocale: "en", targetLocale: "pl" };
    await this.#hub.approve({ ...name, project: this.#env.TH_PROJECT, approvedText }).catch(() => undefined);
  }

  async #harmLock(harm: "lost" | "damaged" | "merged"): Promise<void> {
    const path = join(this.folder, "trans-hub.lock");
    const lock = await this.lock();
    if (lock === "") return;
    if (harm === "merged") {
      const older = this.#olderLock === "" ? lock : this.#olderLock;
      await writeFile(path, `<<<<<<< ours\n${lock}=======\n${older}>>>>>>> theirs\n`);
      return;
    }
    this.isLockLost = true;
    if (harm === "lost") await rm(path);
    else await writeFile(path, lock.slice(0, lock.length / 2));
  }

  async keepLock(): Promise<void> {
    this.#olderLock = await this.lock();
  }
}

const WORDS = ["Alpha", "Beta", "Gamma end", "Delta delta", "Epsilon"];

/** The placeholder stays where its source has it. */
function textFor({ placeholder, count }: Notation, source: string, text: string): string {
  const kept = [placeholder, count].find((each) => each !== "" && source.includes(each));
  return kept === undefined ? text : `${text} ${kept}`;
}

function owns({ spelled = (name) => name }: Notation, unit: Unit, key: string): boolean {
  const wanted = spelled(key);
  const { id, context, formKey } = unit;
  return [id, id.split("#")[0], context, formKey?.(), id.replaceAll("\\", "")].includes(wanted);
}

function cleared({ id, source, value }: Unit): Change {
  const isBilingual = source !== undefined && typeof value === "string";
  return isBilingual ? { kind: "set", id, value: "" } : { kind: "remove", id };
}

/** Undefined: a whole family is more than a person writes in one edit. */
function written(
  notation: Notation,
  {
    unit: { id, value, source: own },
    there,
    source,
    text,
    form,
  }: { unit: Unit; there: Unit | undefined; source: CatalogDocument; text: string; form: number },
): Change | undefined {
  const of = own ?? value ?? "";
  if (typeof of !== "object") {
    const filled = textFor(notation, of, text);
    const after = source.units[source.units.findIndex((each) => each.id === id) - 1]?.id;
    return there === undefined
      ? { kind: "add", id, value: filled, from: source, after }
      : { kind: "set", id, value: filled };
  }
  if (typeof there?.value !== "object") return undefined;
  const forms = [...there.value.forms].map(([name, each], at, { length }): [string, string] => [
    name,
    at === form % length ? `${text} ${notation.count}` : each,
  ]);
  return { kind: "set", id, value: { ...there.value, forms: new Map(forms) } };
}

function personsTextIn(value: Value | undefined, form?: number): string | undefined {
  const texts = typeof value === "object" ? [...value.forms.values()] : [value ?? ""];
  const chosen = form === undefined ? texts.join() : (texts[form % texts.length] ?? "");
  return /persona \d+ x/.exec(chosen)?.[0];
}

function editedBlock({ blocks }: Notation, content: string, edit: TargetEdit) {
  if (edit.kind !== "person") return undefined;
  const found = blocks?.find(content) ?? [];
  const at = [...edit.key].reduce((sum, character) => sum + character.charCodeAt(0), 0) % Math.max(found.length, 1);
  return found[at];
}
