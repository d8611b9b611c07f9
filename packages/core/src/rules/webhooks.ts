/** Checks of webhooks, as a caller gives them. Which addresses a server may reach is the server's own rule. */
import { SettingsError } from "../contract/errors.ts";
import type { EventKind } from "../contract/event.ts";
import type { WebhookChanges, WebhookName, WebhookToCreate, WebhookType } from "../contract/webhook.ts";
import { canonicalLocale } from "./locale.ts";
import { isStorable, MAX_NAME_BYTES, parseName } from "./name.ts";

export const WEBHOOK_TYPES: readonly WebhookType[] = ["translations.settled", "export.changed"];

/** Complete by its type: a kind that is added must be so here. */
const KINDS: Readonly<Record<EventKind, true>> = {
  translated: true,
  failed: true,
  approved: true,
  rejected: true,
  reopened: true,
  undone: true,
  cancelled: true,
  forgotten: true,
  collected: true,
  purged: true,
  renamed: true,
};
export const EVENT_KINDS = Object.keys(KINDS) as readonly EventKind[];

const MAX_URL_BYTES = 2_048;
const MAX_LOCALES = 200;
const WEBHOOK_ID = /^wh_[0-9a-f]{24}$/;

interface Problem {
  key: string;
  problem: string;
}

/** A webhook to make, as an application gives it. */
export interface WebhookInput {
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Where messages are sent: `https://…`. */
  url: string;
  /** Default: `translations.settled`. */
  type?: WebhookType | undefined;
  /** Kinds of events that it hears of. Default: all. */
  kinds?: readonly string[] | null | undefined;
  /** Locales that it hears of. Default: all. */
  targetLocales?: readonly string[] | null | undefined;
  /** Who makes it. Default: nobody is noted. */
  by?: string | null | undefined;
}

/** @throws {SettingsError} A part is missing, or has a bad value. */
export function checkWebhook(given: WebhookInput): WebhookToCreate {
  const { url, type = "translations.settled", kinds = null, targetLocales = null, by = null } = given;
  const problems = [...urlProblems(url), ...kindProblems(kinds)];
  if (!WEBHOOK_TYPES.includes(type)) problems.push({ key: "type", problem: `must be ${WEBHOOK_TYPES.join(" or ")}` });
  if (by !== null && (typeof by !== "string" || Buffer.byteLength(by) > MAX_NAME_BYTES || !isStorable(by))) {
    problems.push({ key: "by", problem: `must be a name of at most ${MAX_NAME_BYTES} bytes` });
  }
  const locales = localesOf(targetLocales, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return { project: parseName(given.project, "project", "TH_PROJECT"), url, type, kinds, targetLocales: locales, by };
}

/** @throws {SettingsError} A change has a bad value. */
export function checkWebhookChanges({ url, kinds, targetLocales, isDisabled, after }: WebhookChanges): WebhookChanges {
  const problems = [...(url === undefined ? [] : urlProblems(url)), ...kindProblems(kinds ?? null)];
  if (isDisabled !== undefined && typeof isDisabled !== "boolean") {
    problems.push({ key: "isDisabled", problem: "must be true or false" });
  }
  if (after !== undefined && typeof after !== "string") problems.push({ key: "after", problem: "must be a cursor" });
  const locales = targetLocales === undefined ? undefined : localesOf(targetLocales, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return { url, kinds, targetLocales: locales, isDisabled, after };
}

/** A name that cannot be one is that of no webhook. */
export function checkWebhookName({ project, id }: WebhookName): WebhookName {
  return { project: parseName(project, "project", "TH_PROJECT"), id: isWebhookId(id) ? id : "" };
}

export function isWebhookId(id: unknown): id is string {
  return typeof id === "string" && WEBHOOK_ID.test(id);
}

function urlProblems(url: unknown): Problem[] {
  const isUrl =
    typeof url === "string" &&
    Buffer.byteLength(url) <= MAX_URL_BYTES &&
    isStorable(url) &&
    /^https?:\/\/./i.test(url) &&
    URL.canParse(url);
  return isUrl
    ? []
    : [{ key: "url", problem: `must be a URL such as https://example.com/hooks of at most ${MAX_URL_BYTES} bytes` }];
}

function kindProblems(kinds: unknown): Problem[] {
  const known: readonly unknown[] = EVENT_KINDS;
  const areKinds =
    kinds === null || (Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => known.includes(kind)));
  return areKinds ? [] : [{ key: "kinds", problem: `must be a list of: ${EVENT_KINDS.join(", ")}` }];
}

function localesOf(given: readonly string[] | null, problems: Problem[]): string[] | null {
  if (given === null) return null;
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_LOCALES) {
    problems.push({ key: "targetLocales", problem: `must be a list of 1 to ${MAX_LOCALES} locales` });
    return null;
  }
  return [...new Set(given.map((locale) => canonicalLocale(locale, "targetLocales")))];
}

/** @throws {SettingsError} It is no number of seconds from 0 to 30 days. */
export function checkOverlap(seconds: number): number {
  if (typeof seconds === "number" && seconds >= 0 && seconds <= MAX_OVERLAP_SECONDS) return seconds;
  const problem = `must be a number of seconds from 0 to ${MAX_OVERLAP_SECONDS}`;
  throw new SettingsError([{ key: "overlapSeconds", problem }]);
}
const MAX_OVERLAP_SECONDS = 30 * 86_400;

/** The most webhooks of a project. */
export const MOST_WEBHOOKS = 50;

export function tooManyWebhooks(): SettingsError {
  const problem = `has ${MOST_WEBHOOKS} webhooks, which is the most`;
  return new SettingsError([{ key: "project", problem }], { hint: "Remove one that is not used any more." });
}
