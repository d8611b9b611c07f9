/** An engine in the same process that answers by a test's script and records every call. */
import {
  type Engine,
  type EngineBatch,
  type EngineItem,
  type EngineItemResult,
  type EngineReply,
  orAbort,
} from "@trans-hub/core/engine";

/** One call that a scripted engine received. */
export interface ScriptedCall {
  /** Counted from 1. */
  number: number;
  batch: EngineBatch;
  signal: AbortSignal;
  /** `performance.now()` at its start. */
  startedAt: number;
  /** `performance.now()` at its end, also of a failed call. Undefined: it still runs. */
  endedAt: number | undefined;
}

export interface Script extends Partial<Omit<Engine, "translate" | "close">> {
  /**
   * The answer for one item: a text, a whole result, or undefined to leave the item out.
   * Default: the text behind its target locale, `[fr] Save`.
   */
  item?: (item: EngineItem, call: ScriptedCall) => Answer | Promise<Answer>;
  /**
   * Runs before the items. It may wait, throw, or answer the whole call itself. The call's abort ends its wait, as in a
   * real engine.
   */
  call?: (call: ScriptedCall) => EngineReply | undefined | Promise<EngineReply | undefined>;
}

type Answer = string | EngineItemResult | undefined;

export interface ScriptedEngine extends Engine {
  /** Every call so far, in order of their start. */
  readonly calls: readonly ScriptedCall[];
  /** How often `close` ran. */
  readonly closeCount: number;
  /** Changes the script from the next call on. A part that is left out stays. */
  rescript(script: Pick<Script, "item" | "call">): void;
  /** Resolves with call `number` (counted from 1) once it has started, at once if it has. */
  started(number: number): Promise<ScriptedCall>;
}

export function scriptedEngine(script: Script = {}): ScriptedEngine {
  const { item, call: onCall, ...declared } = script;
  let answer = item ?? (({ text }, { batch }) => `[${batch.targetLocale}] ${text}`);
  let before = onCall;
  const calls: ScriptedCall[] = [];
  const waiting: { number: number; resolve: (call: ScriptedCall) => void }[] = [];
  let closeCount = 0;

  async function answerAll(call: ScriptedCall): Promise<EngineReply> {
    const reply = await before?.(call);
    if (reply !== undefined) return reply;
    const results = new Map<string, EngineItemResult>();
    for (const each of call.batch.items) {
      const result = await answer(each, call);
      if (result !== undefined) results.set(each.id, typeof result === "string" ? { text: result } : result);
    }
    return { results };
  }

  return {
    name: "scripted",
    version: "1",
    processor: "local",
    maxItemsPerCall: 1_000,
    maxBytesPerCall: 16 * 2 ** 20,
    detectsSource: true,
    takesContext: true,
    takesHint: true,
    ...declared,
    calls,
    get closeCount() {
      return closeCount;
    },
    rescript(next) {
      answer = next.item ?? answer;
      before = next.call ?? before;
    },
    async started(number) {
      const call = calls[number - 1];
      if (call !== undefined) return call;
      const { promise, resolve } = Promise.withResolvers<ScriptedCall>();
      waiting.push({ number, resolve });
      return promise;
    },
    async translate(batch, signal) {
      signal.throwIfAborted();
      const call: ScriptedCall = {
        number: calls.length + 1,
        batch,
        signal,
        startedAt: performance.now(),
        endedAt: undefined,
      };
      calls.push(call);
      for (const { number, resolve } of waiting) if (number === call.number) resolve(call);
      try {
        return await orAbort(answerAll(call), signal);
      } finally {
        call.endedAt = performance.now();
      }
    },
    async close() {
      closeCount += 1;
    },
  };
}
