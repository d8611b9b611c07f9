/** One text to be translated: as an application hands it in, and as a store takes it. */
import type { TextFormat } from "./engine.ts";
import type { Priority } from "./translation.ts";

/** What an application registers. Null stands for "not given" everywhere, as JSON has no undefined. */
export interface Item {
  text: string;
  /** BCP 47. Default: `und`, the engine detects it. */
  sourceLocale?: string | null | undefined;
  /** BCP 47; at least one, here or in the defaults. */
  targetLocales?: readonly string[] | null | undefined;
  /** The application's own name for the text, such as `shop.cart.add`. At most 255 bytes. */
  businessId?: string | null | undefined;
  /** For the engine to read; part of the text's identity. A string is short for `{ note }`. */
  context?: Readonly<Record<string, unknown>> | string | null | undefined;
  /** Default: `default`. At most 255 bytes. */
  project?: string | null | undefined;
  /** Default: `normal`. */
  priority?: Priority | null | undefined;
  /** How the text's syntax is to be read. Default: `auto`. */
  format?: TextFormat | null | undefined;
  /** Translate anew what is there, unless a person approved it. Default: false. */
  force?: boolean | null | undefined;
  /**
   * Not wanted any more after so many seconds, if it still waits then: no engine is asked, and it fails with `TH_EXPIRED`. Who
   * requests the same for longer prolongs it. Default: it may wait for ever.
   */
  expiresAfterSeconds?: number | null | undefined;
}

/** What stands for fields that an item leaves out. */
export type ItemDefaults = Omit<Item, "text">;

/** An item that was checked and brought into its one form. */
export interface RegisterItem {
  project: string;
  /** Empty: none, the text is its own user. */
  businessId: string;
  /** Canonical, or `und`. */
  sourceLocale: string;
  /** Canonical, each once, in the order given; at least one. */
  targetLocales: string[];
  text: string;
  /** RFC 8785; null: none. */
  context: string | null;
  format: TextFormat;
  /** Whether nothing in the text is to be translated. */
  verbatim: boolean;
  /** −1 interactive, 0 normal, 1 bulk. */
  priority: PriorityClass;
  force: boolean;
  /** Null: never. */
  expiresAfterSeconds: number | null;
}

export type PriorityClass = -1 | 0 | 1;
