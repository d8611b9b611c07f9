import { type EngineBatch, type EngineReply, orAbort } from "@trans-hub/core/engine";
import { callWithin } from "../call.ts";

/**
 * Asks a model, which answers all items of a batch at once.
 *
 * @param complete Its end is not waited for after the call's: a library may still be busy when the call is aborted.
 * @throws The reason of `signal`, once it is aborted.
 */
export function askModel(
  call: { engine: string; batch: EngineBatch; signal: AbortSignal; timeoutMs: number },
  complete: (signal: AbortSignal) => Promise<EngineReply>,
): Promise<EngineReply> {
  return callWithin(call, async (within, results) => {
    const { results: answered, ...facts } = await orAbort(complete(within), within);
    for (const [id, result] of answered) results.set(id, result);
    return facts;
  });
}
