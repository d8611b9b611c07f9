/** For authors of formats. */
export { type FormatSample, formatConformance } from "./conformance.ts";
