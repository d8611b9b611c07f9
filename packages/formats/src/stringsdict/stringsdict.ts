/**
 * Apple's `.stringsdict`: a property list of entries, each with a format and the plural forms of its variables.
 *
 * Each variable is a family with the id `entry#variable`, or `entry` where it is the only one. The format is a text,
 * `entry#NSStringLocalizedFormatKey`, where it has words besides its variables. The texts for several widths or devices are texts
 * of their own, `entry#20`. The form `zero` is the number 0 in each language.
 */
import type { CatalogDocument, Format, Span, UnitState, Value } from "../contract.ts";
import { OwnedDocument } from "../owned-document.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import type { Splice } from "../splice.ts";
import { decodeFile, type TextFile } from "../text-file.ts";
import {
  childElements,
  commentBefore,
  contentSplice,
  isXmlText,
  parseXmlFile,
  spaceBefore,
  textLiteral,
  type XmlElement,
  type XmlFile,
} from "../xml/xml.ts";
import { isForm, type Pair, type Place, pairs, readPlaces } from "./read.ts";

export const stringsdict: Format = {
  name: "stringsdict",
  layout: "one-locale",
  read(bytes, { file, syntax = "printf" }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "stringsdict" });
    const xml = parseXmlFile(file, source.text);
    return new StringsdictDocument(source, xml, readPlaces(file, xml, syntax), (dict) => pairs(file, xml, dict));
  },
};

const ORDER: readonly string[] = PLURAL_CATEGORIES;

class StringsdictDocument extends OwnedDocument<Place> {
  readonly locale = undefined;
  readonly isBilingual = false;
  readonly zeroIsNumber = true;
  readonly #xml: XmlFile;
  readonly #pairsOf: (dict: XmlElement) => Pair[];

  constructor(file: TextFile, xml: XmlFile, places: readonly Place[], pairsOf: (dict: XmlElement) => Pair[]) {
    super(file, places);
    this.#xml = xml;
    this.#pairsOf = pairsOf;
  }

  protected set({ unit, holder }: Place, value: Value, _state: UnitState | undefined): Splice[] | string {
    const isFamily = typeof unit.value === "object";
    if (isFamily !== (typeof value === "object")) {
      return isFamily ? "the text has plural forms in the file" : "the text has no plural forms in the file";
    }
    const texts = typeof value === "string" ? [value] : [...value.forms.values()];
    if (!texts.every(isXmlText)) return "the value has a character that XML forbids";
    if (typeof value === "string") return value === unit.value ? [] : [this.#content(holder, value)];
    if ([...value.forms.keys()].some((category) => !ORDER.includes(category))) {
      return "the format has no form for an exact number";
    }
    return this.#setForms(this.#pairsOf(holder), value.forms);
  }

  /** Forms that both have are replaced, others removed, new ones put where their category belongs. */
  #setForms(rule: readonly Pair[], forms: ReadonlyMap<string, string>): Splice[] {
    const { text } = this.file;
    const present = rule.filter(isForm);
    const splices = present.flatMap(({ key, name, value }): Splice[] => {
      const form = forms.get(name);
      if (form === undefined) return [{ start: spaceBefore(text, key.start), end: value.end, text: "" }];
      return form === value.text ? [] : [this.#content(value, form)];
    });
    const names = new Set(present.map(({ name }) => name));
    const [model] = present;
    if (model === undefined) return splices;
    for (const category of ORDER) {
      const form = forms.get(category);
      if (form === undefined || names.has(category)) continue;
      const before = present.filter(({ name }) => ORDER.indexOf(name) < ORDER.indexOf(category)).at(-1);
      const at = before?.value.end ?? spaceBefore(text, model.key.start);
      const lead = text.slice(spaceBefore(text, model.key.start), model.key.start);
      const between = text.slice(model.key.end, model.value.start);
      const literal = textLiteral(form, this.#present(model.value), this.file.lineEnd);
      splices.push({ start: at, end: at, text: `${lead}<key>${category}</key>${between}<string>${literal}</string>` });
    }
    return splices;
  }

  #content(element: XmlElement, value: string): Splice {
    return contentSplice(this.file.text, element, textLiteral(value, this.#present(element), this.file.lineEnd));
  }

  #present({ content }: XmlElement): string {
    return content === undefined ? "" : this.file.text.slice(content.start, content.end);
  }

  protected removal({ key, owner }: Place): Span {
    return { start: spaceBefore(this.file.text, commentBefore(key)?.start ?? key.start), end: owner.end };
  }

  protected insertion(copy: string, _place: Place, _from: this, neighbour: Place | undefined): Splice {
    const { text, lineEnd } = this.file;
    const leadOf = ({ start }: Span) => text.slice(spaceBefore(text, start), start);
    if (neighbour !== undefined) {
      const { owner } = neighbour;
      return { start: owner.end, end: owner.end, text: `${leadOf(owner)}${copy}` };
    }
    const [first] = this.places.values();
    if (first !== undefined) {
      const { start } = this.removal(first);
      return { start, end: start, text: `${leadOf(first.owner)}${copy}` };
    }
    const dict = childElements(this.#xml.root, "dict")[0] as XmlElement;
    if (dict.content === undefined) return contentSplice(text, dict, `${lineEnd}    ${copy}${lineEnd}`);
    const { start, end } = dict.content;
    return { start, end: start, text: `${lineEnd}    ${copy}${start === end ? lineEnd : ""}` };
  }
}
