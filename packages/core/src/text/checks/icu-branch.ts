import { counted } from "./counted.ts";
import type { Path } from "./icu-paths.ts";
import type { Check } from "./subject.ts";

const ARGUMENT = /^\{[0-9]+\}$/;

/** The number of a plural can be read in the form `other`, as `#` or by its name, where the source shows it there. */
export const icuNumber: Check = {
  name: "icu-number",
  severity: "block",
  check({ sourcePaths, sourceNumbers }) {
    return sourcePaths.some((path) => lostArguments(path).some((name) => sourceNumbers.has(name)))
      ? "a plural lost its number in the form other"
      : undefined;
  },
};

/** Each sentence that a message can show has the arguments and tags of its counterpart: `other` as `other`, option as option. */
export const icuBranch: Check = {
  name: "icu-branch",
  severity: "block",
  check({ sourcePaths, sourceNumbers, isByMachine }) {
    for (const path of sourcePaths) {
      const lost = lostArguments(path).filter((name) => !sourceNumbers.has(name));
      if (lost.length > 0) return `${counted(lost.length, "argument")} missing in a branch`;
      if (tagsOf(path.expected, isByMachine) !== tagsOf(path.actual, isByMachine)) return "the tags of a branch differ";
    }
    return undefined;
  },
};

function lostArguments({ expected, actual }: Path): string[] {
  const found = new Set(actual.map(({ canonical }) => canonical));
  return expected.map(({ canonical }) => canonical).filter((name) => ARGUMENT.test(name) && !found.has(name));
}

function tagsOf(tokens: Path["expected"], isByMachine: boolean): string {
  const tags = tokens.filter(({ kind }) => kind === "markup");
  return tags
    .map(({ canonical, lenient }) => (isByMachine ? canonical : (lenient ?? canonical)))
    .filter((tag) => tag !== "")
    .sort()
    .join();
}
