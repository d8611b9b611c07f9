/** The one who acts, with the rights that are left for one act. */
import { TOKEN_SCOPES, type TokenScope } from "@trans-hub/core";

export const SCOPES = TOKEN_SCOPES;

/** A right that a token carries, and that a route wants. */
export type Scope = TokenScope;

export interface Principal {
  /** The name of the token or of the login. Acts of a person are recorded under it. */
  readonly subject: string;
  /** The project of the path, alone. `*` on routes of the whole fleet. */
  readonly projects: readonly string[] | "*";
  readonly scopes: ReadonlySet<Scope>;
  /** Canonical target locales. Undefined: every locale. */
  readonly locales?: ReadonlySet<string> | undefined;
  readonly kind: "token" | "proxy" | "local";
  readonly tokenId?: string | undefined;
}
