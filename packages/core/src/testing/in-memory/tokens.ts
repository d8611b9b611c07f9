/** The tokens of a store in memory. */
import type { ApiToken, StoredToken, TokenStore, TokenToStore } from "../../contract/token.ts";
import { checkTokenId, checkTokenToStore } from "../../rules/token.ts";
import type { Clock } from "./clock.ts";

export class InMemoryTokens implements TokenStore {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { token: ApiToken; sha256: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async create(given: TokenToStore): Promise<ApiToken> {
    const { id, sha256, projects, scopes, locales, label, expiresInSeconds } = checkTokenToStore(given);
    const now = this.#clock.now();
    const expiresAt = expiresInSeconds === null ? null : new Date(now + expiresInSeconds * 1_000);
    const ends = { createdAt: new Date(now), expiresAt, revokedAt: null, lastUsedOn: null };
    const token: ApiToken = { id, projects, scopes, locales, label, ...ends };
    this.#tokens.set(id, { token, sha256 });
    return { ...token };
  }

  async list(): Promise<ApiToken[]> {
    return [...this.#tokens.values()].map(({ token }) => ({ ...token })).toReversed();
  }

  async revoke(id: string): Promise<boolean> {
    const found = this.#tokens.get(checkTokenId(id));
    if (found === undefined) return false;
    found.token.revokedAt ??= new Date(this.#clock.now());
    return true;
  }

  async find(id: string): Promise<StoredToken | undefined> {
    const found = this.#tokens.get(id);
    if (found === undefined) return undefined;
    const { expiresAt } = found.token;
    const endsInMs = expiresAt === null ? null : expiresAt.getTime() - this.#clock.now();
    return { token: { ...found.token }, sha256: found.sha256, endsInMs };
  }

  async noteUse(id: string): Promise<void> {
    const found = this.#tokens.get(id);
    if (found !== undefined) found.token.lastUsedOn = new Date(this.#clock.now()).toISOString().slice(0, 10);
  }

  async hasAny(): Promise<boolean> {
    return this.#tokens.size > 0;
  }
}
