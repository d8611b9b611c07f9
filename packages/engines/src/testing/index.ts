export { type EngineUnderTest, engineConformance } from "./conformance.ts";
export { type Script, type ScriptedCall, type ScriptedEngine, scriptedEngine } from "./scripted-engine.ts";
