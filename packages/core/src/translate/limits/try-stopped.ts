/** Tries engines with an open circuit by requests that cost nothing. */
import type { Engine } from "../../contract/engine.ts";
import type { EngineGate } from "../../contract/engine-gate.ts";
import { EngineConfigError, type TransHubError } from "../../contract/errors.ts";
import { circuitError, OUTAGE, outageError } from "./limiter.ts";

/** Milliseconds for one request. */
const PROBE_MS = 10_000;

/** An engine that gets no calls: its circuit is open. */
export interface StoppedEngine {
  engine: string;
  /** Says why, until when, and the cure. */
  error: TransHubError;
  /** Whether the request of this process met the fault, so that its own account or setting is wrong. */
  isOwn: boolean;
  /** Milliseconds until one call tries the engine. */
  waitMs: number;
}

export interface TriedEngines {
  /** Their circuits were open, and are closed now for the whole fleet: work that waited for them is due. */
  closed: string[];
  stopped: StoppedEngine[];
}

/**
 * Asks each engine whose circuit is open because of a wrong setting whether it takes calls now (`Engine.probe`), and closes
 * the circuit if it does. So a process that starts with the corrected key need not wait for the circuit's end.
 *
 * A request that costs nothing says nothing about credit: a circuit that is open because of a quota stays open, and so does
 * one whose engine has no such request. Never rejects: a store or an engine out of reach leaves all as it is.
 */
export async function tryStoppedEngines(
  gate: EngineGate | undefined,
  engines: readonly Engine[],
  signal: AbortSignal,
): Promise<TriedEngines> {
  const tried: TriedEngines = { closed: [], stopped: [] };
  const states = await gate?.states().catch(() => undefined);
  if (gate === undefined || states === undefined) return tried;
  await Promise.all(
    engines.map(async (engine) => {
      const state = states.find(({ engine: name }) => name === engine.name);
      if (state === undefined || state.circuit === "closed") return;
      const { circuit, reason, openMs: waitMs } = state;
      // A probe of an outage decides nothing about this process; one of an account or a setting decides within moments.
      if (circuit === "half_open" && reason !== OUTAGE) return;
      const answer = reason === CONFIG ? await answerOf(engine, signal) : undefined;
      if (answer === "works" && (await closes(gate, engine.name))) {
        tried.closed.push(engine.name);
      } else if (answer instanceof EngineConfigError) {
        tried.stopped.push({ engine: engine.name, error: answer, isOwn: true, waitMs });
      } else {
        const isOutage = reason === OUTAGE;
        const error = isOutage
          ? outageError(engine.name, state, Date.now())
          : circuitError(engine.name, reason ?? "", Date.now() + waitMs);
        tried.stopped.push({ engine: engine.name, error, isOwn: false, waitMs });
      }
    }),
  );
  return tried;
}

const CONFIG = new EngineConfigError("").code;

/** Undefined: nothing was learnt. */
async function answerOf(engine: Engine, signal: AbortSignal): Promise<"works" | TransHubError | undefined> {
  if (engine.probe === undefined) return undefined;
  const ending = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  try {
    const failure = await engine.probe(ending);
    if (ending.aborted) return undefined;
    return failure === undefined ? "works" : failure.error;
  } catch {
    return undefined;
  }
}

async function closes(gate: EngineGate, engine: string): Promise<boolean> {
  return gate.reset(engine, { pause: false }).then(
    () => true,
    () => false,
  );
}
