/** The errors of a command behind a server. */
import { TransHubError, type TransHubErrorCode } from "@trans-hub/core";
import { z } from "zod";

/** An answer of RFC 9457. Another program in between may answer with a body of its own. */
const Problem = z.looseObject({
  title: z.string(),
  code: z.string().regex(/^TH_[A-Z_]+$/),
  hint: z.string().optional(),
  field: z.string().optional(),
  requestId: z.string().optional(),
});

/** The server does not answer, or only that it cannot answer now. */
export class ServerUnavailableError extends TransHubError {
  // Of the command line alone: core knows no server.
  readonly code = "TH_SERVER_UNAVAILABLE" as TransHubErrorCode;
  readonly retryable = true;
}

/** The server refuses the token: it has none, it is not valid, or it has no right to the request. A wrong setting. */
export class ServerRefusedError extends TransHubError {
  readonly code: TransHubErrorCode;
  readonly retryable = false;

  constructor(code: string, message: string, options: { hint?: string | undefined } = {}) {
    super(message, options);
    this.code = code as TransHubErrorCode;
  }
}

/** Any other error of the server, with its code. */
export class ServerError extends TransHubError {
  readonly code: TransHubErrorCode;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { hint?: string | undefined; retryable: boolean }) {
    super(message, options);
    this.code = code as TransHubErrorCode;
    this.retryable = options.retryable;
  }
}

export interface RefusedAnswer {
  status: number;
  /** Of the body; empty where there is none. */
  body: string;
  /** Scheme, host and port. */
  origin: string;
  project: string | undefined;
}

/** The error that a refused request stands for. No body is repeated but our own words: a proxy's may hold anything. */
export function errorOfAnswer({ status, body, origin, project }: RefusedAnswer): TransHubError {
  const { title, code, hint, field, requestId } = problemIn(body) ?? {};
  const said = title === undefined ? "" : `: ${title}${field === undefined ? "" : ` (${field})`}`;
  const noted = requestId === undefined ? "" : ` [${requestId.slice(0, 64)}]`;
  const message = `The server at ${origin} answered ${status}${said}${noted}`;
  if (status === 401 || status === 403) {
    const cure = status === 401 ? noToken(project) : noRight(project);
    return new ServerRefusedError(code ?? "TH_SERVER_REFUSED", message, {
      hint: [hint, cure].filter(Boolean).join(" "),
    });
  }
  if (code === undefined) return foreignAnswer(status, message);
  // A code of the database has a cure of its own on this command line, which is none for a server.
  const cure = hint ?? "The log of the server has the reason.";
  return new ServerError(code, message, { hint: cure, retryable: status === 503 || status === 429 });
}

/** An answer without a code is not that of a route: of another program, or of an older release. */
function foreignAnswer(status: number, message: string): TransHubError {
  if (status >= 502 && status <= 504)
    return new ServerUnavailableError(message, { hint: "Is the server running behind its proxy?" });
  if (status === 413) {
    const hint = "A proxy before the server takes smaller requests than the server: let it take 4 MiB.";
    return new ServerError("TH_SERVER_ANSWER", message, { hint, retryable: false });
  }
  return new ServerError("TH_SERVER_ANSWER", message, {
    hint: "Is this the address of `trans-hub serve`, without /v1, and is the server of this release or a later one?",
    retryable: false,
  });
}

function problemIn(body: string): z.output<typeof Problem> | undefined {
  try {
    return Problem.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function noToken(project: string | undefined): string {
  return `Set TH_TOKEN, or TH_TOKEN_FILE. Where the server is: ${creation(project)}`;
}

function noRight(project: string | undefined): string {
  return `The token needs the scope catalog, and the project${project === undefined ? "" : ` ${JSON.stringify(project)}`}: ${creation(project)}. A token for another project goes with --project.`;
}

function creation(project = "PROJECT"): string {
  return `trans-hub tokens create --projects ${/^[\w.-]+$/.test(project) ? project : JSON.stringify(project)} --scopes catalog`;
}
