/** An engine that is down or overloaded, hangs, or closes connections. */
import type { Rule } from "@trans-hub/test-support/openai-faults";
import type { Cell } from "./cell.ts";

const TROUBLES: readonly { kind: string; rules: Rule[] }[] = [
  { kind: "engine answers 500", rules: [{ fault: { kind: "status", status: 500 } }] },
  { kind: "engine answers 429", rules: [{ fault: { kind: "rate_limit", retryAfter: 1 } }] },
  { kind: "engine hangs", rules: [{ fault: { kind: "hang" } }] },
  { kind: "engine resets", rules: [{ fault: { kind: "reset" } }] },
  { kind: "engine resets in the body", rules: [{ fault: { kind: "reset_in_body" } }] },
  { kind: "engine answers HTML", rules: [{ fault: { kind: "html_in_200" } }] },
  { kind: "engine mixes items up", rules: [{ fault: { kind: "merge" } }, { fault: { kind: "reverse" } }] },
];

export const engine: Cell = {
  name: "engine",
  what: "the engine is down, overloaded, hangs, closes connections, answers nonsense, each for some seconds",
  // One attempt more than other cells have, and in a long run two: here the engine fails, not the texts.
  scene: (seconds) => ({ maxAttempts: seconds < 20 ? 4 : 5, env: { TH_ENGINE_TIMEOUT_SECONDS: "2" } }),
  async trouble(scene) {
    const length = Math.min(5_000, (scene.options.seconds * 1_000) / (2 * TROUBLES.length));
    for (let at = 0; scene.isLoaded; at += 1) {
      await scene.pass(length);
      const { kind, rules } = TROUBLES[at % TROUBLES.length] as (typeof TROUBLES)[number];
      await scene.strike(kind, { endsCalls: true }, async () => {
        scene.misbehave(...rules);
        await scene.pass(length);
        scene.misbehave();
      });
    }
  },
};
