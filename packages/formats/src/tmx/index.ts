/** Translation memories in TMX 1.4b. A door of its own, so that a catalog is read without the parser of XML streams. */
export { readTmx, type SkippedUnit, type TmxLosses, type TmxOptions, type TmxPart } from "./read-tmx.ts";
export { TMX_BEGIN, TMX_END, type TmxPair, type UnwritablePair, writeTmxUnit } from "./write-tmx.ts";
