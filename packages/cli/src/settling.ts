/**
 * Awaits the work of a module that is not ours. Where it waits for something that can never come (a top-level `await` of a promise
 * without end), the process has nothing left to do: Node would end it with exit code 13 and no reason.
 *
 * @throws {Error} Nothing is left that could settle the work.
 */
export async function settling<Result>(work: () => Promise<Result>): Promise<Result> {
  const { promise: idle, reject } = Promise.withResolvers<never>();
  // A new turn of the loop: Node looks for work only there, and says no second time that it found none.
  const onIdle = () => setImmediate(() => reject(new Error("it waits for something that never comes")));
  process.once("beforeExit", onIdle);
  try {
    return await Promise.race([work(), idle]);
  } finally {
    process.off("beforeExit", onIdle);
  }
}
