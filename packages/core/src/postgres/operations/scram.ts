/**
 * The form in which PostgreSQL stores a password, so that the password itself appears in no statement, and so in no
 * server log.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** PostgreSQL's own number. */
const ITERATIONS = 4_096;

/**
 * The SCRAM-SHA-256 verifier (RFC 5803) of a password, for `alter role … password`.
 *
 * @param password Printable ASCII: other characters would first have to be normalized (SASLprep), which clients do
 * differently.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const keyed = (key: string) => createHmac("sha256", salted).update(key).digest();
  const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
  const serverKey = keyed("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
