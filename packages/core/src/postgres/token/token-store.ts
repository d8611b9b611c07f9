/** Tokens of the HTTP API on PostgreSQL (docs/adr/0051). */
import type { ApiToken, StoredToken, TokenStore, TokenToStore } from "../../contract/token.ts";
import { checkTokenId, checkTokenToStore } from "../../rules/token.ts";
import { type Database, rows, run } from "../database/statement.ts";
import {
  createToken,
  findToken,
  hasAnyToken,
  listTokens,
  noteTokenUse,
  revokeToken,
  type TokenRow,
} from "./token.sql.ts";

export class PostgresTokenStore implements TokenStore {
  readonly #open: () => Database;

  /** @param open Gives the connections, or throws that the store is closed. */
  constructor(open: () => Database) {
    this.#open = open;
  }

  async create(given: TokenToStore): Promise<ApiToken> {
    const { id, sha256, projects, scopes, locales, label, expiresInSeconds } = checkTokenToStore(given);
    const values = [id, sha256, projects === "*" ? null : projects, scopes, locales, label, expiresInSeconds];
    const [created] = await rows(this.#open(), createToken, values);
    if (created === undefined) throw new Error("making a token gave no row");
    return tokenOf(created);
  }

  async list(): Promise<ApiToken[]> {
    return (await rows(this.#open(), listTokens)).map(tokenOf);
  }

  async revoke(id: string): Promise<boolean> {
    return (await rows(this.#open(), revokeToken, [checkTokenId(id)])).length > 0;
  }

  async find(id: string): Promise<StoredToken | undefined> {
    const [found] = await rows(this.#open(), findToken, [id]);
    return found && { token: tokenOf(found), sha256: found.sha256, endsInMs: found.ends_in_ms };
  }

  async noteUse(id: string): Promise<void> {
    await run(this.#open(), noteTokenUse, [id]);
  }

  async hasAny(): Promise<boolean> {
    const [found] = await rows(this.#open(), hasAnyToken);
    return found?.has_any ?? false;
  }
}

function tokenOf(row: TokenRow): ApiToken {
  return {
    id: row.id,
    projects: row.projects ?? "*",
    scopes: row.scopes,
    locales: row.locales,
    label: row.label,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedOn: row.last_used_on,
  };
}
