/** A password as PostgreSQL keeps it, so that the password itself goes into no statement, and so into no server log. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** PostgreSQL's own. */
const ITERATIONS = 4_096;

/**
 * The SCRAM-SHA-256 verifier (RFC 5803) of a password, fit for `alter role … password`.
 *
 * @param password Printable ASCII: others would first have to be normalized (SASLprep), which clients do differently.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const keyed = (key: string) => createHmac("sha256", salted).update(key).digest();
  const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
  const serverKey = keyed("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
