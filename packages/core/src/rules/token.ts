/**
 * The form of tokens: `thk_<id>_<secret>_<checksum>`.
 *
 * The id has 12 characters and finds the row, the secret has 256 random bits in 43 characters, the checksum is the CRC-32 of all
 * before it in 6 characters: a mistyped or shortened token is refused without a look-up, and scanners of repositories find real tokens
 * only. All characters are digits and letters of ASCII. A store keeps the SHA-256 of the whole token: a slow hash protects guessable
 * secrets, and nobody guesses 256 bits.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import { SettingsError } from "../contract/errors.ts";
import { TOKEN_SCOPES, type TokenScope, type TokenToStore } from "../contract/token.ts";
import { shownKey, unknownKeyProblem } from "./known-names.ts";
import { canonicalLocale } from "./locale.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = BigInt(DIGITS.length);

const ID_CHARACTERS = 12;
/** 62^43 is just above 2^256. */
const SECRET_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;

const FORM = /^thk_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/;
const ID = /^[0-9A-Za-z]{12}$/;

/** Longer than any life of a token: some 100 years. */
const MOST_SECONDS = 3_153_600_000;

/** Options of a new token. */
export interface TokenOptions {
  /** Names of projects, or `*`: every project, and acts on the whole fleet. */
  projects: readonly string[] | "*";
  scopes: readonly TokenScope[];
  /** Target locales. Default: every locale. */
  locales?: readonly string[] | undefined;
  /** Seconds after which it ends. Default: never. */
  expiresInSeconds?: number | undefined;
  /** The name under which acts with the token are noted, such as a person's. Default: `token:<id>`. */
  label?: string | undefined;
}

const checkOptions = optionCheck<TokenOptions>("createToken", {
  projects: kinds.required((value, key) => listProblems(value, key, "names of projects, or *", kinds.project, "*")),
  scopes: kinds.required((value, key) => listProblems(value, key, `scopes: ${TOKEN_SCOPES.join(", ")}`, scope)),
  locales: (value, key) => listProblems(value, key, "locales", locale),
  expiresInSeconds: kinds.positive(MOST_SECONDS),
  label: kinds.name,
});

function listProblems(
  value: unknown,
  key: string,
  noun: string,
  each: (value: unknown, key: string) => readonly { key: string; problem: string }[],
  all?: string,
): readonly { key: string; problem: string }[] {
  if (all !== undefined && value === all) return [];
  if (!Array.isArray(value) || value.length === 0) return [{ key, problem: `must be a list of ${noun}` }];
  return value.flatMap((part: unknown, at) => {
    // One * among names would look like a list of projects, and is none.
    if (part === all && all !== undefined)
      return [{ key: `${key}[${at}]`, problem: `${all} stands alone, not in a list` }];
    return each(part, `${key}[${at}]`);
  });
}

function scope(value: unknown, key: string): { key: string; problem: string }[] {
  if ((TOKEN_SCOPES as readonly unknown[]).includes(value)) return [];
  if (typeof value !== "string") return [{ key, problem: "must be a string" }];
  return [{ key, problem: `${shownKey(value)} ${unknownKeyProblem(value, TOKEN_SCOPES, "a scope")}` }];
}

function locale(value: unknown, key: string): readonly { key: string; problem: string }[] {
  return kinds.targetLocales([value], key).map(({ problem }) => ({ key, problem }));
}

/**
 * Makes a token. The token itself is in `token` alone, and nowhere to be read again.
 *
 * @throws {SettingsError} Options with bad values, each named.
 */
export function makeToken(options: TokenOptions): { token: string; stored: TokenToStore } {
  const { projects, scopes, locales, expiresInSeconds, label } = checkOptions(options);
  const id = randomText(ID_CHARACTERS);
  const body = `thk_${id}_${inBase62(BigInt(`0x${randomBytes(32).toString("hex")}`), SECRET_CHARACTERS)}`;
  const token = `${body}_${checksum(body)}`;
  return {
    token,
    stored: {
      id,
      sha256: hashOf(token).toString("hex"),
      projects: projects === "*" ? "*" : [...new Set(projects)],
      scopes: TOKEN_SCOPES.filter((each) => scopes.includes(each)),
      locales: locales === undefined ? null : [...new Set(locales.map((each) => canonicalLocale(each, "locale")))],
      label: label ?? null,
      expiresInSeconds: expiresInSeconds ?? null,
    },
  };
}

/** A token as it was presented, in its form and with a right checksum. */
export interface PresentedToken {
  readonly id: string;
  readonly sha256: Buffer;
}

/** Undefined: it is none, or was mistyped or cut. No look-up is needed to know it. */
export function readToken(text: string): PresentedToken | undefined {
  const [, id] = FORM.exec(text) ?? [];
  if (id === undefined) return undefined;
  const body = text.slice(0, -CHECKSUM_CHARACTERS - 1);
  // The checksum is public: anyone can compute it, so its comparison tells nothing.
  if (checksum(body) !== text.slice(-CHECKSUM_CHARACTERS)) return undefined;
  return { id, sha256: hashOf(text) };
}

/** Whether a presented token is the stored one. In constant time. */
export function isSameToken({ sha256 }: PresentedToken, stored: { sha256: string }): boolean {
  const other = Buffer.from(stored.sha256, "hex");
  return other.length === sha256.length && timingSafeEqual(other, sha256);
}

/** @throws {SettingsError} It is no id of a token. A token in its place is not repeated. */
export function checkTokenId(id: unknown): string {
  if (typeof id === "string" && ID.test(id)) return id;
  const problem =
    typeof id === "string" && id.startsWith("thk_")
      ? "must be the id of a token, the 12 characters behind thk_, and not the token itself"
      : "must be the id of a token: 12 letters and digits";
  throw new SettingsError([{ key: "id", problem }]);
}

/** Checks a token before a store keeps it. @throws {SettingsError} */
export function checkTokenToStore(token: TokenToStore): TokenToStore {
  checkTokenId(token.id);
  if (!/^[0-9a-f]{64}$/.test(token.sha256)) {
    throw new SettingsError([{ key: "sha256", problem: "must be 64 hexadecimal digits" }]);
  }
  const { projects, scopes, locales, label, expiresInSeconds } = token;
  checkOptions({
    projects,
    scopes,
    locales: locales ?? undefined,
    label: label ?? undefined,
    expiresInSeconds: expiresInSeconds ?? undefined,
  });
  return token;
}

/** The name under which acts with a token are noted. */
export function subjectOfToken({ id, label }: { id: string; label: string | null }): string {
  return label ?? `token:${id}`;
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function checksum(body: string): string {
  return inBase62(BigInt(crc32(body)), CHECKSUM_CHARACTERS);
}

/** Each character is equally likely: a byte that would favour some is drawn again. */
function randomText(length: number): string {
  const fair = 256 - (256 % DIGITS.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < fair && text.length < length) text += DIGITS[byte % DIGITS.length];
    }
  }
  return text;
}

function inBase62(number: bigint, length: number): string {
  let text = "";
  for (let rest = number; text.length < length; rest /= BASE) text = `${DIGITS[Number(rest % BASE)]}${text}`;
  return text;
}
