/** Tokens of the HTTP API: the rights of a program or a person that has no connection to the database. */

/**
 * The rights that a token may have. None includes another one.
 *
 * `request`: register texts. `read`: read translations and counts. `export`: read whole locales. `feed`: read events. `review`: approve
 * and correct. `operate`: pause, cancel, replay. `catalog`: translate and import files. `admin`: forget, budgets, webhooks.
 */
export const TOKEN_SCOPES = ["request", "read", "export", "feed", "review", "operate", "catalog", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The rights of a token. */
export interface TokenGrant {
  /** Names of projects. `*`: every project, also those to come, and acts on the whole fleet. */
  projects: readonly string[] | "*";
  scopes: readonly TokenScope[];
  /** Target locales, in canonical form. Null: every locale. */
  locales: readonly string[] | null;
}

/** A token as it is listed. It holds neither the token nor its hash. */
export interface ApiToken extends TokenGrant {
  /** The second part of the token. It may stand in a log. */
  id: string;
  /** The name under which acts with the token are noted. Null: `token:<id>`. */
  label: string | null;
  createdAt: Date;
  /** Null: it never ends by itself. */
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** The last day of UTC on which it was used, such as `2026-11-29`. Null: never. */
  lastUsedOn: string | null;
}

/** A token to store. */
export interface TokenToStore extends TokenGrant {
  id: string;
  /** SHA-256 of the whole token, as 64 hexadecimal digits. */
  sha256: string;
  label: string | null;
  /** Seconds from now on. Null: it never ends by itself. */
  expiresInSeconds: number | null;
}

/** A token as a server judges it. */
export interface StoredToken {
  token: ApiToken;
  /** As in {@link TokenToStore}. */
  sha256: string;
  /**
   * Milliseconds until it ends, by the clock of the store; at most 0: it has ended. Null: never. So no clock of a server is
   * compared with another one.
   */
  endsInMs: number | null;
}

/** A store's side of tokens. */
export interface TokenStore {
  /** @throws {SettingsError} A part has a bad value. */
  create(token: TokenToStore): Promise<ApiToken>;
  /** Every token, revoked and ended ones too, the newest first. */
  list(): Promise<ApiToken[]>;
  /** Ends a token. False: there is none of this id. A token that is revoked already keeps the time of its revocation. */
  revoke(id: string): Promise<boolean>;
  /** The token of an id, revoked and ended ones too. */
  find(id: string): Promise<StoredToken | undefined>;
  /** Notes that a token was used today (UTC). Writes at most once a day. */
  noteUse(id: string): Promise<void>;
  /** Whether a token was ever made here. */
  hasAny(): Promise<boolean>;
}
