/** The seam between the server and its ways to know who asks. */
import type { Credentials } from "./credentials.ts";
import type { Identity } from "./grant.ts";
import type { Principal } from "./principal.ts";

export interface Authenticator {
  /**
   * A caller whose rights are one grant may be given as a principal.
   *
   * @throws {HttpError} `TH_UNAUTHORIZED`: nobody that this server knows. `TH_FORBIDDEN`: the request may be another site's.
   */
  authenticate(credentials: Credentials): Promise<Identity | Principal>;
  /** Whether a caller of another machine can prove who it is. Without it, the server listens on this machine alone. */
  isConfigured(): Promise<boolean>;
}
