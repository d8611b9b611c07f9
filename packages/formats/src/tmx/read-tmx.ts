/**
 * Reads translation memories in TMX, 1.1 to 1.4b, as other tools write them: in constant memory, a unit at a time.
 *
 * Inline elements become the code that they hold: `<ph x="1">{name}</ph>` is `{name}`. An empty one becomes a tag: `<bpt i="1"/>` is
 * `<g id="1">`, `<ept i="1"/>` is `</g>`, and `<ph x="2"/>` is `<x id="2"/>`. What a pair of texts cannot hold is counted by name.
 */
import { CatalogError } from "@trans-hub/core/operations";
import { SaxesParser, type SaxesTagPlain } from "saxes";
import type { TmxPair } from "./write-tmx.ts";
import { illegalXmlCharacter, nameOfCharacter } from "./xml-characters.ts";

/** A part of the file that gave no pair. It quotes no text. */
export interface SkippedUnit {
  /** The line of its `<tu>`, from 1. */
  line: number;
  /** Of the target. Undefined: it is about the unit as a whole. */
  locale: string | undefined;
  reason: string;
}

export interface TmxRead {
  /** A pair, with the line of its unit. */
  onPair(pair: TmxPair, line: number): void;
  onSkipped(skipped: SkippedUnit): void;
}

export interface TmxOptions {
  /** For messages. */
  file: string;
  /** Whether a language of the file is that of the sources, where the file says `*all*` or names none of its own. */
  isSource(locale: string): boolean;
  /** The most characters of a segment. A longer one is skipped. */
  maxCharacters: number;
}

/** Names of the parts that were left out, with how often. */
export type TmxLosses = ReadonlyMap<string, number>;

interface Variant {
  locale: string;
  text: string;
  by: string | undefined;
  at: Date | undefined;
  isTooLong: boolean;
  hasSegment: boolean;
}

interface Unit {
  line: number;
  srclang: string | undefined;
  by: string | undefined;
  at: Date | undefined;
  variants: Variant[];
  /** Whether it holds a character that XML cannot hold. */
  isIllegal: boolean;
}

/** Elements whose content is code of the document that the text comes from. */
const CODES: ReadonlySet<string> = new Set(["ph", "bpt", "ept", "it", "ut"]);

export class TmxReader {
  readonly #options: TmxOptions;
  readonly #out: TmxRead;
  readonly #parser = new SaxesParser<{ xmlns: false; position: true }>({ xmlns: false, position: true });
  readonly #losses = new Map<string, number>();
  #srclang = "*all*";
  #isTmx = false;
  #unit: Unit | undefined;
  #variant: Variant | undefined;
  #isInSegment = false;
  /** The open code, and where its content begins in the segment. */
  #code: { name: string; attributes: Record<string, string>; from: number } | undefined;
  /** Elements within a segment that TMX does not have. */
  readonly #strangers: { name: string; from: number }[] = [];

  constructor(options: TmxOptions, out: TmxRead) {
    this.#options = options;
    this.#out = out;
    this.#parser.on("opentag", (tag) => this.#open(tag));
    this.#parser.on("closetag", ({ name }) => this.#close(name));
    this.#parser.on("text", (text) => this.#add(text));
    this.#parser.on("cdata", (text) => this.#add(text));
    this.#parser.on("error", (error) => this.#fail(error));
  }

  get losses(): TmxLosses {
    return this.#losses;
  }

  /** @throws {CatalogError} It is no well-formed XML, or no TMX. */
  write(part: string): void {
    this.#parser.write(part);
  }

  /** @throws {CatalogError} The file ends too early, or is no TMX. */
  end(): void {
    this.#parser.close();
    if (!this.#isTmx) throw new CatalogError(this.#options.file, "is no TMX: it has no element tmx");
  }

  #open({ name, attributes }: SaxesTagPlain): void {
    if (this.#isInSegment) this.#openInline(name, attributes);
    else if (name === "tmx") this.#isTmx = true;
    else if (name === "header") this.#srclang = attributes.srclang ?? this.#srclang;
    else if (name === "tu") {
      this.#unit = {
        line: this.#parser.line,
        srclang: attributes.srclang,
        ...madeOf(attributes),
        variants: [],
        isIllegal: false,
      };
      if (attributes.tuid !== undefined) this.#lose("tuid");
    } else if (name === "tuv" && this.#unit !== undefined) {
      const locale = attributes["xml:lang"] ?? attributes.lang ?? "";
      this.#variant = { locale, text: "", ...madeOf(attributes), isTooLong: false, hasSegment: false };
      this.#unit.variants.push(this.#variant);
    } else if (name === "seg" && this.#variant !== undefined) {
      this.#isInSegment = true;
      this.#variant.hasSegment = true;
    } else if (this.#unit !== undefined && (name === "prop" || name === "note")) {
      this.#lose(name === "prop" ? `prop ${attributes.type ?? ""}`.trim() : name);
    }
  }

  #openInline(name: string, attributes: Record<string, string>): void {
    if (this.#code !== undefined) {
      // Text within code, such as the title of a link: it stands in the code as it is.
      this.#lose(name);
      return;
    }
    if (CODES.has(name)) this.#code = { name, attributes, from: this.#variant?.text.length ?? 0 };
    else if (name === "hi") this.#lose("hi");
    else {
      // XLIFF's elements, which some tools write into TMX.
      const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
      this.#add(`<${name}${given.join("")}>`);
      this.#strangers.push({ name, from: this.#variant?.text.length ?? 0 });
      this.#lose(`element ${name}`);
    }
  }

  #close(name: string): void {
    if (this.#isInSegment && name === "seg") this.#isInSegment = false;
    else if (this.#isInSegment) this.#closeInline(name);
    else if (name === "tuv") this.#variant = undefined;
    else if (name === "tu" && this.#unit !== undefined) {
      this.#deliver(this.#unit);
      this.#unit = undefined;
    }
  }

  #closeInline(name: string): void {
    if (this.#code?.name === name && CODES.has(name)) {
      const { attributes, from } = this.#code;
      this.#code = undefined;
      if (this.#variant !== undefined && this.#variant.text.length === from) this.#add(tagOf(name, attributes));
      return;
    }
    if (this.#strangers.at(-1)?.name !== name) return;
    const from = this.#strangers.pop()?.from;
    const variant = this.#variant;
    // An element without content.
    if (variant !== undefined && variant.text.length === from && from > 0)
      variant.text = `${variant.text.slice(0, -1)}/>`;
    else this.#add(`</${name}>`);
  }

  #add(text: string): void {
    const variant = this.#variant;
    if (!this.#isInSegment || variant === undefined || variant.isTooLong) return;
    variant.text += text;
    if (variant.text.length <= this.#options.maxCharacters) return;
    variant.isTooLong = true;
    variant.text = "";
  }

  #deliver(unit: Unit): void {
    const source = this.#sourceOf(unit);
    const targets = unit.variants.filter((variant) => variant !== source);
    const fault = faultOf(unit, source, targets);
    if (fault !== undefined || source === undefined) this.#skip(unit, fault ?? "", undefined);
    else for (const target of targets) this.#deliverPair(unit, source, target);
  }

  #deliverPair(unit: Unit, source: Variant, target: Variant): void {
    const { locale, text } = target;
    if (locale === "") this.#skip(unit, "a translation names no locale", undefined);
    else if (target.isTooLong) this.#skip(unit, "the translation is too long", locale);
    else if (text.trim() === "") this.#skip(unit, "the translation is empty", locale);
    else {
      const { by = unit.by, at = unit.at } = target;
      const pair = { sourceLocale: source.locale, targetLocale: locale, source: source.text, target: text };
      this.#out.onPair({ ...pair, ...(by !== undefined && { by }), ...(at !== undefined && { at }) }, unit.line);
    }
  }

  #skip({ line }: Unit, reason: string, locale: string | undefined): void {
    this.#out.onSkipped({ line, locale, reason });
  }

  /** By the unit's own language, the file's, and then the caller's. */
  #sourceOf({ srclang = this.#srclang, variants }: Unit): Variant | undefined {
    const named = variants.find(({ locale }) => locale.toLowerCase() === srclang.toLowerCase());
    return named ?? variants.find(({ locale }) => this.#options.isSource(locale));
  }

  /** A character that XML cannot hold costs its unit; every other fault, the file. */
  #fail(error: Error): void {
    const illegal = /disallowed character/.test(error.message) || /malformed character entity/.test(error.message);
    if (illegal && this.#unit !== undefined) {
      this.#unit.isIllegal = true;
      return;
    }
    const problem = error.message.replace(/^\d+:\d+: /, "");
    const { line, column } = this.#parser;
    throw new CatalogError(this.#options.file, `invalid XML: ${problem.replace(/: .*$/s, "")}`, { line, column });
  }

  #lose(what: string): void {
    this.#losses.set(what, (this.#losses.get(what) ?? 0) + 1);
  }
}

/** Why a unit gives no pair at all. */
function faultOf(unit: Unit, source: Variant | undefined, targets: readonly Variant[]): string | undefined {
  if (unit.isIllegal) return `holds ${illegalIn(unit)}, which cannot stand in XML`;
  if (source === undefined) return "has no text in the source locale";
  if (source.isTooLong) return "the source is too long";
  if (source.text.trim() === "") return "the source is empty";
  return targets.length === 0 ? "has no translation" : undefined;
}

/** The tag of a code without content. */
function tagOf(name: string, { i, x }: Record<string, string>): string {
  const id = i ?? x ?? "1";
  if (name === "bpt") return `<g id="${id}">`;
  return name === "ept" ? "</g>" : `<x id="${id}"/>`;
}

function madeOf({
  changeid,
  creationid,
  changedate,
  creationdate,
}: Record<string, string>): Pick<Variant, "by" | "at"> {
  return { by: changeid ?? creationid, at: dateOf(changedate ?? creationdate) };
}

function dateOf(text: string | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The name of the character that the parser complained of: raw, or as a reference that it left as it is. */
function illegalIn({ variants }: Unit): string {
  for (const { text } of variants) {
    const raw = illegalXmlCharacter(text);
    if (raw !== undefined) return raw;
    const [, hex, decimal] = /&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));/i.exec(text) ?? [];
    if (hex !== undefined || decimal !== undefined) {
      return nameOfCharacter(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    }
  }
  return "a character";
}

/** A part of a memory as it is read. */
export type TmxPart =
  | { kind: "pair"; pair: TmxPair; line: number }
  | ({ kind: "skipped" } & SkippedUnit)
  /** The last part. */
  | { kind: "losses"; losses: TmxLosses };

/**
 * Reads the bytes of a memory: UTF-8, or UTF-16 with a byte order mark.
 *
 * @throws {CatalogError} It is no well-formed XML, or no TMX. The parts before the fault were given.
 */
export async function* readTmx(bytes: AsyncIterable<Uint8Array>, options: TmxOptions): AsyncGenerator<TmxPart> {
  const parts: TmxPart[] = [];
  const reader = new TmxReader(options, {
    onPair: (pair, line) => parts.push({ kind: "pair", pair, line }),
    onSkipped: (skipped) => parts.push({ kind: "skipped", ...skipped }),
  });
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of bytes) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    reader.write(decoder.decode(chunk, { stream: true }));
    yield* parts.splice(0);
  }
  reader.write(decoder?.decode() ?? "");
  reader.end();
  yield* parts.splice(0);
  yield { kind: "losses", losses: reader.losses };
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
