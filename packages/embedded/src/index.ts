export { findDataDir } from "./find-data-dir.ts";
export { type EmbeddedDatabase, openEmbedded } from "./open-embedded.ts";
export { stopEmbedded } from "./stop-embedded.ts";
