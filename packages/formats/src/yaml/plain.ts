/** Unquoted scalars of YAML: which are strings to the programs that read such files, and which texts may stand unquoted. */

const NULL = /^(?:~|null|Null|NULL|)$/;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;
/** Booleans of YAML 1.1 alone, which Ruby, PyYAML and others still read. */
const OLD_BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;
const LETTER_BOOLEAN = /^[yYnN]$/;
const NUMBER =
  /^[-+]?(?:0b[01_]+|0o?[0-7_,]+|0x[\dA-Fa-f_,]+|\d[\d_,]*(?::[0-5]?\d)*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.\d[\d_]*(?:[eE][-+]?\d+)?|\.inf|\.Inf|\.INF|\.nan|\.NaN|\.NAN)$/;
const TIMESTAMP = /^\d{4}-\d\d?-\d\d?(?:$|[Tt \t].*$)/;
/** A symbol of Ruby: `:short`, `:"two words"`. */
const SYMBOL = /^:[A-Za-z_"']/;

export function isNull(source: string): boolean {
  return NULL.test(source);
}

/**
 * Whether an unquoted scalar is a string.
 *
 * @param isRuby The file is read by Ruby, to which `yes` and `off` are booleans.
 */
export function isPlainText(source: string, isRuby: boolean): boolean {
  return !(
    NULL.test(source) ||
    BOOLEAN.test(source) ||
    NUMBER.test(source) ||
    TIMESTAMP.test(source) ||
    SYMBOL.test(source) ||
    (isRuby && OLD_BOOLEAN.test(source))
  );
}

/** Whether a text may stand unquoted and is a string to every reader, whatever its version of YAML. */
export function mayBePlain(text: string, isFlow: boolean): boolean {
  if (!isPlainText(text, true) || LETTER_BOOLEAN.test(text)) return false;
  if (/^[\s,[\]{}#&*!|>'"%@`:=]|^[-?](?:\s|$)|^(?:---|\.\.\.|<<)|\s$|:\s|:$|\s#/.test(text)) return false;
  if (isFlow && /[,[\]{}]|^[-?]/.test(text)) return false;
  return !UNPRINTABLE.test(text);
}

/** Characters that no scalar holds as they are, line ends, and spaces that some readers drop. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the subject
export const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
