/** The `Plural-Forms` header of a gettext catalog: a C expression that gives each number the index of its form. */
import { SAMPLE } from "./categories.ts";

/** A `Plural-Forms` header. */
export interface GettextPlurals {
  /** A form each, in the order of `msgstr`. */
  forms: readonly {
    index: number;
    /** Numbers of a fixed sample that take the form; empty: none does. The first is the best example. */
    numbers: readonly number[];
  }[];
  /** The index of the form that a whole number takes. */
  indexOf(number: number): number;
}

/** No language needs more; a file may claim any number. */
const MAX_FORMS = 10;
/** The longest expression in use, that of Arabic, has about 130 characters. */
const MAX_EXPRESSION_LENGTH = 1_000;
const MAX_DEPTH = 50;

/**
 * Reads a header such as `nplurals=2; plural=(n != 1);`. Undefined: it is not of this shape, its expression is no expression of
 * C over `n`, or gives a number of the sample an index that no form has.
 */
export function readPluralForms(header: string): GettextPlurals | undefined {
  const match = /^\s*nplurals\s*=\s*([0-9]{1,3})\s*;\s*plural\s*=\s*([^;]*?)\s*;?\s*$/.exec(header);
  const count = Number(match?.[1]);
  const expression = parseExpression(match?.[2] ?? "");
  if (expression === undefined || !(count >= 1 && count <= MAX_FORMS)) return undefined;
  const numbers = Array.from({ length: count }, (): number[] => []);
  for (const number of SAMPLE) {
    if (!Number.isInteger(number)) continue; // gettext counts whole things
    const taking = numbers[expression(number)];
    if (taking === undefined) return undefined;
    taking.push(number);
  }
  return { forms: numbers.map((taking, index) => ({ index, numbers: taking })), indexOf: expression };
}

type Expression = (n: number) => number;

/** Weakest first, as in C. */
const BINARY: readonly Readonly<Record<string, (left: number, right: number) => number>>[] = [
  { "||": (left, right) => Number(left !== 0 || right !== 0) },
  { "&&": (left, right) => Number(left !== 0 && right !== 0) },
  { "==": (left, right) => Number(left === right), "!=": (left, right) => Number(left !== right) },
  {
    "<=": (left, right) => Number(left <= right),
    ">=": (left, right) => Number(left >= right),
    "<": (left, right) => Number(left < right),
    ">": (left, right) => Number(left > right),
  },
  { "+": (left, right) => left + right, "-": (left, right) => left - right },
  {
    "*": (left, right) => left * right,
    "/": (left, right) => Math.trunc(left / right),
    "%": (left, right) => left % right,
  },
];

function parseExpression(text: string): Expression | undefined {
  if (text === "" || text.length > MAX_EXPRESSION_LENGTH) return undefined;
  const tokens = text.match(/[0-9]+|n|\|\||&&|[=!<>]=|[-+*/%<>!?:()]|\S/g) ?? [];
  const parser = new Parser(tokens);
  try {
    return parser.whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#conditional();
    if (this.#at < this.#tokens.length) throw new SyntaxError();
    return expression;
  }

  #conditional(): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new SyntaxError();
    const condition = this.#binary(0);
    if (!this.#takes("?")) {
      this.#depth -= 1;
      return condition;
    }
    const then = this.#conditional();
    if (!this.#takes(":")) throw new SyntaxError();
    const otherwise = this.#conditional();
    this.#depth -= 1;
    return (n) => (condition(n) === 0 ? otherwise(n) : then(n));
  }

  #binary(level: number): Expression {
    const operators = BINARY[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operate = operators[this.#tokens[this.#at] ?? ""];
      if (operate === undefined) return left;
      this.#at += 1;
      const [first, second] = [left, this.#binary(level + 1)];
      left = (n) => operate(first(n), second(n));
    }
  }

  #unary(): Expression {
    const token = this.#tokens[this.#at] ?? "";
    this.#at += 1;
    if (token === "n") return (n) => n;
    if (/^[0-9]/.test(token)) return () => Number(token);
    if (token === "!" || token === "-") {
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH) throw new SyntaxError();
      const operand = this.#unary();
      this.#depth -= 1;
      return token === "!" ? (n) => Number(operand(n) === 0) : (n) => -operand(n);
    }
    if (token !== "(") throw new SyntaxError();
    const inner = this.#conditional();
    if (!this.#takes(")")) throw new SyntaxError();
    return inner;
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }
}
