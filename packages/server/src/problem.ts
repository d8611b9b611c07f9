/**
 * Errors over HTTP: RFC 9457, with the codes of docs/errors.md.
 *
 * A problem says the code, the field and the cure, and never repeats a value: an answer lands in logs of proxies and clients.
 * So it has no `detail`, and no message of an error goes into it.
 */
import { InvalidItemError, SettingsError, TransHubError, type TransHubErrorCode } from "@trans-hub/core";
import { z } from "zod";
import { Translation } from "./schema.ts";

/** Codes that only HTTP has. */
export const HTTP_CODES = [
  "TH_HTTP_REQUEST",
  "TH_CURSOR",
  "TH_UNAUTHORIZED",
  "TH_FORBIDDEN",
  "TH_NO_ROUTE",
  "TH_METHOD",
  "TH_IN_PROGRESS",
  "TH_NO_NAMESPACE",
  "TH_EXPORT_CONFLICT",
  "TH_EXPORT_TOO_LARGE",
  "TH_TOO_LARGE",
  "TH_MEDIA_TYPE",
  "TH_IDEMPOTENCY_KEY",
  "TH_PRECONDITION_REQUIRED",
  "TH_TOO_MANY_REQUESTS",
  "TH_TOO_MANY_WAITS",
  "TH_UNEXPECTED",
] as const;
export type HttpCode = (typeof HTTP_CODES)[number];

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 428 | 429 | 500 | 503;

interface Kind {
  readonly status: ProblemStatus;
  readonly title: string;
  /** Seconds after which the same request may be sent again. */
  readonly retryAfter?: number;
}

const item = (title: string): Kind => ({ status: 422, title });
/** Errors that no route raises: one that arrives is a fault of the server. */
const fault: Kind = { status: 500, title: "The server failed" };
const setting = "The server's database cannot be used";

/** Complete by its type. The table in docs/errors.md says the same; a test compares them. */
export const PROBLEMS: Readonly<Record<TransHubErrorCode | HttpCode, Kind>> = {
  TH_HTTP_REQUEST: { status: 400, title: "The request has another form than its route takes" },
  TH_CURSOR: { status: 400, title: "The cursor belongs to another list or filter" },
  TH_UNAUTHORIZED: { status: 401, title: "The request has no valid token" },
  TH_FORBIDDEN: { status: 403, title: "The token has no right to this" },
  TH_NO_ROUTE: { status: 404, title: "There is no such route" },
  TH_METHOD: { status: 405, title: "The route has no such method" },
  TH_IN_PROGRESS: { status: 409, title: "The first request with this key is still running", retryAfter: 1 },
  TH_NO_NAMESPACE: { status: 404, title: "No business id of the locale names such a file" },
  TH_EXPORT_CONFLICT: { status: 409, title: "Two business ids have the same place in the export" },
  TH_EXPORT_TOO_LARGE: item("The export is longer than an answer may be"),
  TH_TOO_LARGE: { status: 413, title: "The request is too large" },
  TH_MEDIA_TYPE: { status: 415, title: "The body is not application/json" },
  TH_IDEMPOTENCY_KEY: { status: 422, title: "The key was used with another body" },
  TH_PRECONDITION_REQUIRED: { status: 428, title: "The request needs If-Match" },
  TH_TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", retryAfter: 1 },
  TH_TOO_MANY_WAITS: { status: 503, title: "Too many requests are waiting", retryAfter: 5 },
  TH_UNEXPECTED: fault,

  TH_ITEM_SHAPE: item("A field is missing, or has another form"),
  TH_TEXT_EMPTY: item("The text is empty"),
  TH_TEXT_TOO_LONG: item("The text is too long"),
  TH_TEXT_CHARACTERS: item("The text has characters that cannot be stored"),
  TH_LOCALE: item("The locale is not valid"),
  TH_BUSINESS_ID: item("The business id is not valid"),
  TH_PROJECT: item("The project is not valid"),
  TH_CONTEXT: item("The context is not valid"),
  TH_PRIORITY: item("The priority is not valid"),
  TH_FORMAT: item("The format is not valid"),
  TH_SETTINGS: item("A field has a value that is not taken"),
  TH_BACKLOG_FULL: { status: 429, title: "Too many texts wait to be translated", retryAfter: 10 },
  TH_NOT_FOUND: { status: 404, title: "There is no such translation" },
  TH_WEBHOOK_NOT_FOUND: { status: 404, title: "The project has no such webhook" },
  TH_WEBHOOKS_OFF: { status: 503, title: "The server has no key for webhooks", retryAfter: 60 },
  TH_REVISION_CHANGED: { status: 412, title: "The translation changed since it was read" },
  TH_NOT_APPROVED: { status: 409, title: "The translation is not approved" },
  TH_NOTHING_TO_UNDO: { status: 409, title: "No act of a person is left to undo" },

  TH_CURSOR_GONE: { status: 410, title: "Events after the cursor are missing" },
  TH_FEED_OPENING: { status: 503, title: "The feed of events is not open yet", retryAfter: 2 },

  TH_DATABASE_UNAVAILABLE: { status: 503, title: "The database does not answer", retryAfter: 5 },
  TH_DATABASE_REFUSED: { status: 503, title: setting, retryAfter: 30 },
  TH_SCHEMA_MISSING: { status: 503, title: setting, retryAfter: 30 },
  TH_SCHEMA_NEWER: { status: 503, title: setting, retryAfter: 30 },
  TH_CLOSED: { status: 503, title: "The server is stopping", retryAfter: 1 },
  TH_CANCELLED: { status: 503, title: "The request was cancelled", retryAfter: 1 },
  TH_WAIT_TIMEOUT: fault,
  TH_NODE_VERSION: fault,
  TH_COST_LIMIT: fault,
  TH_CATALOG: fault,
  TH_MIGRATION: fault,
  TH_EMBEDDED_DATABASE: fault,
  TH_ENGINE_NOT_FOUND: fault,
  TH_ENGINE_NOT_ALLOWED: fault,
  TH_ENGINE_RATE_LIMITED: fault,
  TH_ENGINE_QUOTA: fault,
  TH_ENGINE_CONFIG: fault,
  TH_ENGINES_STOPPED: fault,
  TH_ENGINE_TRANSIENT: fault,
  TH_ENGINE_REFUSED: fault,
  TH_ENGINE_MALFORMED: fault,
  TH_ENGINE_TOO_LONG: fault,
  TH_BUDGET_EXCEEDED: fault,
  TH_BUDGET_UNPRICED: fault,
  TH_TRANSLATION_BLOCKED: fault,
  TH_EXPIRED: fault,
  TH_WORKER_INTERRUPTED: fault,
  TH_WORKER_CRASHED: fault,
};

const PAGE = "https://github.com/trans-hub/trans-hub/blob/main/docs/errors.md";

/** The body of an answer that is an error. */
export const Problem = z
  .strictObject({
    type: z.url().describe("The page of the code."),
    title: z.string().describe("The same for each problem of a code."),
    status: z.int(),
    code: z.string().describe("A code of docs/errors.md. A later release may add codes."),
    retryable: z.boolean().describe("Whether the same request may succeed later without a change."),
    hint: z.string().optional().describe("The cure."),
    field: z.string().optional().describe("The field at fault, such as `items[3].text`."),
    requestId: z.string().describe("The id under which the server logged the request."),
    ids: z
      .array(z.string())
      .optional()
      .describe("Of a conflict of an export: the business ids, or the files, in question."),
    current: Translation.optional().describe("Of 412: the translation as it stands."),
  })
  .meta({ id: "Problem" });
export type Problem = z.output<typeof Problem>;

interface HttpErrorOptions extends ErrorOptions {
  hint?: string | undefined;
  /** A path of names of ours: `items[3].text`. */
  field?: string | undefined;
  /** Seconds. Default: the code's. */
  retryAfter?: number | undefined;
  /** Further headers of the answer. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Further members of the body, for the caller to act on: ids, or the present state of the thing that it asked for. */
  members?: Pick<Problem, "ids" | "current"> | undefined;
}

/** An error that only HTTP has. */
export class HttpError extends Error {
  readonly code: HttpCode | "TH_REVISION_CHANGED";
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Pick<Problem, "ids" | "current">;

  constructor(code: HttpCode | "TH_REVISION_CHANGED", options: HttpErrorOptions = {}) {
    super(PROBLEMS[code].title, options);
    this.name = "HttpError";
    this.code = code;
    this.hint = options.hint;
    this.field = options.field;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

export interface ProblemAnswer {
  readonly body: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to an error. One that nobody knows is a 500 and says nothing of itself. */
export function problemOf(error: unknown, requestId: string): ProblemAnswer {
  const known = asHttpError(error);
  const code = known.code;
  const { status, title, retryAfter: usual } = PROBLEMS[code];
  const retryAfter = known.retryAfter ?? usual;
  const { field, hint } = known;
  const body: Problem = {
    type: `${PAGE}#${code}`,
    title,
    status,
    code: status === 500 ? "TH_UNEXPECTED" : code,
    retryable: retryAfter !== undefined,
    ...(hint !== undefined && { hint }),
    ...(field !== undefined && { field }),
    requestId,
    ...known.members,
  };
  return {
    body,
    headers: {
      ...(status === 401 && { "www-authenticate": 'Bearer realm="trans-hub"' }),
      ...known.headers,
      ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter)) }),
    },
  };
}

interface Known {
  readonly code: TransHubErrorCode | HttpCode;
  readonly hint?: string | undefined;
  readonly field?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly members?: Pick<Problem, "ids" | "current">;
}

function asHttpError(error: unknown): Known {
  if (error instanceof HttpError) return error;
  if (error instanceof z.ZodError) return shapeError(error);
  if (error instanceof InvalidItemError) {
    const { code, index, field } = error;
    return { code, field: index === undefined ? field : `items[${index}].${field}`, hint: HINTS[code] };
  }
  if (error instanceof SettingsError) return { code: error.code, field: error.problems[0]?.key };
  if (error instanceof TransHubError) return { code: error.code, hint: HINTS[error.code] };
  const { code } = (error ?? {}) as { code?: unknown };
  return { ...(FRAMEWORK[String(code)] ?? { code: "TH_UNEXPECTED" }) };
}

/** Cures of codes, in words for a caller over HTTP: an error's own hint may name a setting or a value. */
const HINTS: Partial<Record<TransHubErrorCode, string>> = {
  TH_TEXT_TOO_LONG: "Split the text into paragraphs.",
  TH_TEXT_CHARACTERS: "Remove U+0000 and halves of surrogate pairs.",
  TH_LOCALE: "Use BCP 47, such as fr, pt-BR, zh-Hans.",
  TH_BUSINESS_ID: "A business id has 1 to 255 bytes.",
  TH_PROJECT: "A project has 1 to 255 bytes.",
  TH_CONTEXT: "A context is an object of plain JSON, of 8,192 bytes at most.",
  TH_PRIORITY: "Use interactive, normal or bulk.",
  TH_NOT_FOUND:
    "Request it first, with the same text or business id, source locale, context, format and target locale.",
  TH_WEBHOOK_NOT_FOUND: "List the webhooks of the project.",
  TH_WEBHOOKS_OFF: "An operator sets TH_WEBHOOK_KEY_FILE for every server.",
  TH_REVISION_CHANGED: "Read the translation again.",
  TH_NOT_APPROVED: "To have a text translated anew, reject it.",
  TH_NOTHING_TO_UNDO: "The history of the translation names all acts.",
  TH_BACKLOG_FULL: "Wait, or add workers.",
  TH_CURSOR_GONE: "Get next with after=now, list the translations anew, and follow the feed from there.",
};

/** Errors of Fastify and of Node that a request can cause. */
const FRAMEWORK: Readonly<Record<string, Known>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: "TH_MEDIA_TYPE", hint: "Send Content-Type: application/json." },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: "TH_TOO_LARGE", hint: "A body has 4 MiB at most." },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "TH_HTTP_REQUEST",
    hint: "Content-Length is not the length of the body.",
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: "TH_HTTP_REQUEST", field: "body", hint: "The route wants a body." },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: "TH_HTTP_REQUEST", field: "body", hint: "The body is not JSON." },
  FST_ERR_BAD_URL: { code: "TH_HTTP_REQUEST", hint: "The path is not percent-encoded UTF-8." },
  FST_ERR_MAX_PARAM_LENGTH: { code: "TH_HTTP_REQUEST", hint: "A part of the path is too long." },
  FST_ERR_VALIDATION: { code: "TH_HTTP_REQUEST" },
};

/** A key that is no name is most often a text of the caller, and stays unnamed. */
const NAME = /^[\w$-]{1,64}$/;
const shown = (key: PropertyKey) =>
  typeof key === "number" ? `[${key}]` : NAME.test(String(key)) ? `.${String(key)}` : ".(a key that is no name)";

/** The first fault of a body, a query or a path. zod's own message may quote a value, so the words are ours. */
function shapeError({ issues }: z.ZodError): Known {
  const [issue] = issues;
  const path = issue === undefined ? [] : [...issue.path];
  if (issue?.code === "unrecognized_keys") path.push(issue.keys[0] ?? "");
  const field = path.map(shown).join("").replace(/^\./, "");
  return { code: "TH_HTTP_REQUEST", ...(field !== "" && { field }), hint: hintOf(issue) };
}

function hintOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "unrecognized_keys":
      return "There is no such field.";
    case "invalid_type":
      if (issue.expected === "nonoptional" || issue.message.endsWith("received undefined")) return "It is missing.";
      return `It must be of the type ${issue.expected}.`;
    case "invalid_value":
      return `It must be one of: ${issue.values.map(String).join(", ")}.`;
    case "too_big":
      return `It must be ${String(issue.maximum)} at most.`;
    case "too_small":
      return `It must be ${String(issue.minimum)} at least.`;
    case "invalid_format":
      if (issue.format === "datetime") return "It must be a time as in RFC 3339, such as 2026-11-30T08:00:00Z.";
      return issue.message.startsWith(OWN_WORDS) ? issue.message : OTHER_FORM;
    default:
      return OTHER_FORM;
  }
}

/** What a schema of ours says of its pattern begins so; zod's own words do not. */
const OWN_WORDS = "It must ";
const OTHER_FORM = "It has another form than the route takes.";
