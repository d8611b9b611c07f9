/** One text to be translated: in the application's form and in the store's form. */
import type { TextFormat } from "./engine.ts";
import type { Hint } from "./hint.ts";
import type { Priority } from "./translation.ts";

/** An application's item. Null counts as "not given" everywhere, because JSON has no undefined. */
export interface Item {
  /** Stored and translated exactly as it is given. */
  text: string;
  /** BCP 47. Default: `und`, the engine detects it. */
  sourceLocale?: string | null | undefined;
  /** BCP 47; at least one, here or in the defaults. */
  targetLocales?: readonly string[] | null | undefined;
  /** The application's own name for the text, such as `shop.cart.add`. At most 255 bytes. */
  businessId?: string | null | undefined;
  /** Information for the engine; part of the text's identity. A string is short for `{ note }`. */
  context?: Readonly<Record<string, unknown>> | string | null | undefined;
  /**
   * What may help an engine and is no part of the text's identity: a note, a key, `maxLength`, other strings and numbers. Left
   * out: an earlier hint of the same use stays; `{}` takes it back. At most 4,096 bytes.
   */
  hint?: Hint | null | undefined;
  /** Default: `default`. At most 255 bytes. */
  project?: string | null | undefined;
  /** Default: `normal`. */
  priority?: Priority | null | undefined;
  /** The syntax of the text. Default: `auto`. */
  format?: TextFormat | null | undefined;
  /** Translate an existing text anew, unless a person approved it. Default: false. */
  force?: boolean | null | undefined;
  /**
   * Seconds after which the text is no longer wanted if it still waits: no engine is called, and it fails with
   * `TH_EXPIRED`. A later request for the same text with a longer time prolongs it. Default: it may wait for ever.
   */
  expiresAfterSeconds?: number | null | undefined;
  /**
   * The name under which the engine calls for this text are booked, such as `checkout-team`: no part of its identity. The first
   * request of a text pays. At most 64 letters of English, digits and `. _ : / @ + -`. Default: none.
   */
  tag?: string | null | undefined;
}

/** Values for fields that an item leaves out. */
export type ItemDefaults = Omit<Item, "text">;

/** A checked item in its one form. */
export interface RegisterItem {
  project: string;
  /** Empty: none; the use is counted for the text itself. */
  businessId: string;
  /** Canonical, or `und`. */
  sourceLocale: string;
  /** Canonical, each once, in the order given; at least one. */
  targetLocales: string[];
  text: string;
  /** RFC 8785; null: none. */
  context: string | null;
  format: TextFormat;
  /** Whether the text holds nothing to translate. */
  verbatim: boolean;
  /** −1 interactive, 0 normal, 1 bulk. */
  priority: PriorityClass;
  force: boolean;
  /** Null: never. */
  expiresAfterSeconds: number | null;
  /** JSON in its one form; `{}` takes an earlier hint back. Left out: an earlier one stays. */
  hint?: string | undefined;
}

export type PriorityClass = -1 | 0 | 1;
