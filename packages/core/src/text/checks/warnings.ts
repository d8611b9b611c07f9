/** The checks that block nothing. Those to retry come first, for an engine is asked again for their sake. */
import { br } from "./br.ts";
import { codeElement } from "./code-element.ts";
import { commentary } from "./commentary.ts";
import { doubledApostrophe } from "./doubled-apostrophe.ts";
import { elementEmptied } from "./element-emptied.ts";
import { emoji } from "./emoji.ts";
import { endPunctuation } from "./end-punctuation.ts";
import { length } from "./length.ts";
import { lineBreaks } from "./line-breaks.ts";
import { maxLength } from "./max-length.ts";
import { mention } from "./mention.ts";
import { numbers } from "./numbers.ts";
import { percent } from "./percent.ts";
import { pluralFormForeign, pluralFormMissing } from "./plural-forms.ts";
import { quotesAdded } from "./quotes-added.ts";
import { repeated } from "./repeated.ts";
import { same } from "./same.ts";
import { script } from "./script.ts";
import type { Check } from "./subject.ts";
import { tagEdge } from "./tag-edge.ts";
import { tagOrder } from "./tag-order.ts";

/** A new warning is a file beside these and a line here. */
export const WARNINGS = [
  commentary,
  script,
  same,
  repeated,
  elementEmptied,
  length,
  maxLength,
  numbers,
  percent,
  lineBreaks,
  br,
  endPunctuation,
  quotesAdded,
  emoji,
  mention,
  codeElement,
  pluralFormMissing,
  pluralFormForeign,
  doubledApostrophe,
  tagEdge,
  tagOrder,
] as const satisfies readonly Check[];
