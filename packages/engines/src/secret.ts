/** A key, or a function that gives the key of this moment. It is called for each engine call, and must not throw. */
export type Secret = string | (() => string);

/** The key of this moment. */
export function secretNow(secret: Secret): string {
  return typeof secret === "function" ? secret() : secret;
}
