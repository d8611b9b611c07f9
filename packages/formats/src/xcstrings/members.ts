/** Puts members into objects in the order of their names, as Xcode does. */
import { type Added, type JsonEditor, NewContainer, type NewValue } from "../json/json-editor.ts";
import { type JsonNode, memberOf } from "../json/json-file.ts";

export type Container = JsonNode | NewContainer;

export class Members {
  readonly #editor: JsonEditor;
  readonly #added = new Map<Container, Map<string, Added>>();

  constructor(editor: JsonEditor) {
    this.#editor = editor;
  }

  /** The object of a name; one is made where there is none. */
  object(parent: Container, name: string): Container {
    const added = this.#added.get(parent)?.get(name)?.value;
    if (added instanceof NewContainer) return added;
    const present = parent instanceof NewContainer ? undefined : memberOf(parent, name);
    if (present?.kind === "object") return present;
    const made = new NewContainer("object");
    this.put(parent, name, made);
    return made;
  }

  has(parent: Container, name: string): boolean {
    if (this.#added.get(parent)?.has(name)) return true;
    return !(parent instanceof NewContainer) && memberOf(parent, name) !== undefined;
  }

  /** Gives a member its value. */
  put(parent: Container, name: string, value: NewValue): void {
    const present = parent instanceof NewContainer ? undefined : memberOf(parent, name);
    if (present === undefined) this.#add(parent, name, value);
    else if ("text" in value) this.#editor.setText(present, value.text);
    else {
      this.#editor.replace(present, value);
      this.#remember(parent, name, { name, value, next: undefined });
    }
  }

  #add(parent: Container, name: string, value: NewValue): void {
    let after: JsonNode | Added | undefined;
    const siblings = parent instanceof NewContainer ? [] : parent.children;
    for (const sibling of [...siblings, ...(this.#added.get(parent)?.values() ?? [])]) {
      const own = sibling.name ?? "";
      if (own < name && (after === undefined || own > (after.name ?? ""))) after = sibling;
    }
    this.#remember(parent, name, this.#editor.add(parent, after, name, value));
  }

  #remember(parent: Container, name: string, added: Added): void {
    const members = this.#added.get(parent) ?? new Map<string, Added>();
    this.#added.set(parent, members.set(name, added));
  }
}
