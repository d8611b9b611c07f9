/**
 * Tokens as this process knows them: looked up by their id, and kept for eight seconds, counted from the moment of the question. So a
 * revocation holds everywhere after ten seconds, for streams too, which are judged every two; and also while the database is away: an older
 * answer is not used.
 */
import { isSameToken, readToken, type StoredToken, subjectOfToken, type TokenStore } from "@trans-hub/core/store";
import { LRUCache } from "lru-cache";
import { HttpError } from "../problem.ts";
import { grantOf, type Identity } from "./grant.ts";
import { TokenBucket } from "./token-bucket.ts";

/** The longest time for which an answer of the store holds. Milliseconds. */
const KEEP_MS = 8_000;

/** Ids in memory, of tokens that exist and of those that do not. */
const MOST_IDS = 10_000;

/**
 * Look-ups a second of ids that this process does not know as a token's. Anybody can make texts of the right form, and each would cost a
 * statement.
 */
const STRANGERS_PER_SECOND = 50;

interface Answer {
  /** Undefined: no token has this id. */
  readonly stored: StoredToken | undefined;
  readonly askedAt: number;
  readonly identity: Identity | undefined;
}

export interface KnownTokensOptions {
  /** Milliseconds, of a clock that never goes back. Default: `performance.now`. */
  now?: (() => number) | undefined;
  /** Hears that the day of a use could not be noted. Default: nobody. */
  onFault?: ((error: unknown) => void) | undefined;
}

export class KnownTokens {
  readonly #store: TokenStore;
  readonly #now: () => number;
  readonly #onFault: (error: unknown) => void;
  readonly #answers = new LRUCache<string, Answer>({ max: MOST_IDS });
  /** Questions under way: a burst with one token asks once. */
  readonly #questions = new Map<string, Promise<Answer>>();
  /** The day for which this process noted the use of a token: the database's day may be another one for a while. */
  readonly #noted = new LRUCache<string, string>({ max: MOST_IDS });
  readonly #strangers: TokenBucket;
  #hasAny: { value: boolean; at: number } | undefined;

  constructor(
    store: TokenStore,
    { now = () => performance.now(), onFault = () => undefined }: KnownTokensOptions = {},
  ) {
    this.#store = store;
    this.#now = now;
    this.#onFault = onFault;
    this.#strangers = new TokenBucket({ perSecond: STRANGERS_PER_SECOND, now });
  }

  /**
   * The one whom a token names. Undefined: it is none, or it was revoked, or has ended. The answer does not say which.
   *
   * @throws {HttpError} `TH_TOO_MANY_REQUESTS`: too many unknown tokens come in.
   * @throws {DatabaseUnavailableError} The token is not known here, and the database does not answer.
   */
  async identify(text: string): Promise<Identity | undefined> {
    const presented = readToken(text);
    if (presented === undefined) return undefined;
    const { stored, identity, askedAt } = await this.#answerTo(presented.id);
    if (stored === undefined || !isSameToken(presented, stored)) return undefined;
    const { token, endsInMs } = stored;
    if (token.revokedAt !== null || (endsInMs !== null && this.#now() - askedAt >= endsInMs)) return undefined;
    this.#noteUse(stored);
    return identity;
  }

  /** Whether a token was ever made. Once it was, it stays true; the answer "none" is as old as one second at most. */
  async hasAny(): Promise<boolean> {
    const now = this.#now();
    if (this.#hasAny === undefined || (!this.#hasAny.value && now - this.#hasAny.at >= 1_000)) {
      this.#hasAny = { value: await this.#store.hasAny(), at: now };
    }
    return this.#hasAny.value;
  }

  /** Whether a token is good at this moment, by the store. */
  async hasGoodOne(): Promise<boolean> {
    const now = Date.now();
    const tokens = await this.#store.list();
    return tokens.some(({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt?.getTime() ?? now + 1) > now);
  }

  async #answerTo(id: string): Promise<Answer> {
    const known = this.#answers.get(id);
    if (known !== undefined && this.#now() - known.askedAt < KEEP_MS) return known;
    const underWay = this.#questions.get(id);
    if (underWay !== undefined) return underWay;
    // Tokens that were good are looked up again whatever strangers do.
    if (known?.stored === undefined && !this.#strangers.take()) throw new HttpError("TH_TOO_MANY_REQUESTS");
    const question = this.#ask(id).finally(() => this.#questions.delete(id));
    this.#questions.set(id, question);
    return question;
  }

  async #ask(id: string): Promise<Answer> {
    const askedAt = this.#now();
    const stored = await this.#store.find(id);
    const answer = { stored, askedAt, identity: stored && identityOf(stored) };
    this.#answers.set(id, answer);
    return answer;
  }

  /** Written by the first request of a day, and not waited for: a request must not fail because its day could not be noted. */
  #noteUse({ token }: StoredToken): void {
    const today = new Date().toISOString().slice(0, 10);
    if ((token.lastUsedOn ?? "") >= today || this.#noted.get(token.id) === today) return;
    this.#noted.set(token.id, today);
    this.#store.noteUse(token.id).catch(this.#onFault);
  }
}

function identityOf({ token }: StoredToken): Identity {
  return { subject: subjectOfToken(token), kind: "token", tokenId: token.id, grants: [grantOf(token)] };
}
