export * from "./engine.ts";
export * from "./errors.ts";
