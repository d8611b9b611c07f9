/** The faults of HTTP servers, each seen before real engines: of the server itself, a gateway, a proxy or the network. */
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** The answer that the server would have given. */
export interface GoodAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface HttpFault {
  respond(response: ServerResponse, good: GoodAnswer): void;
  /** The kind of failure for a call with one text, and with several; `none`: the texts are translated. */
  alone: string;
  together: string;
  retryAfterMs?: number;
}

/** Stands in error bodies, as servers repeat texts and keys in theirs. */
const ECHO = "bad request: Zanzibar {quux} with key very-secret";

function status(code: number, alone: string, headers: Record<string, string> = {}, together = alone): HttpFault {
  return {
    alone,
    together,
    respond: (response) =>
      response
        .writeHead(code, { "content-type": "application/json", ...headers })
        .end(JSON.stringify({ error: ECHO, message: ECHO })),
  };
}

function body(text: string | Buffer, type = "application/json", headers: Record<string, string> = {}): HttpFault {
  return {
    alone: "transient",
    together: "transient",
    respond: (response) => response.writeHead(200, { "content-type": type, ...headers }).end(text),
  };
}

function fine(respond: HttpFault["respond"]): HttpFault {
  return { alone: "none", together: "none", respond };
}

const page = "<!doctype html><html><body>Welcome to the hotel network, Zanzibar</body></html>";
const redirect = (code: number) => status(code, "config", { location: "http://127.0.0.1:1/translate" });

export const HTTP_FAULTS: Readonly<Record<string, HttpFault>> = {
  "a moved address": redirect(301),
  "a redirect that would carry the text elsewhere": redirect(307),
  "a permanent redirect": redirect(308),
  "a request that is refused": status(400, "refused", {}, "malformed"),
  "a request that is not understood": status(422, "refused", {}, "malformed"),
  "a wrong key": status(401, "config"),
  "a payment that is due": status(402, "quota"),
  "a path that does not exist": status(404, "config"),
  "a method that is not allowed": status(405, "config"),
  "a request that took the server too long": status(408, "transient"),
  "a request that is too large": status(413, "too_long"),
  "an address that is too long": status(414, "too_long"),
  "too many requests": status(429, "rate_limited"),
  "too many requests, with a wait in seconds": {
    ...status(429, "rate_limited", { "retry-after": "3" }),
    retryAfterMs: 3_000,
  },
  "too many requests, with a wait in fractions": {
    ...status(429, "rate_limited", { "retry-after": "0.5" }),
    retryAfterMs: 500,
  },
  "too many requests, with a date in the past": {
    ...status(429, "rate_limited", { "retry-after": "Mon, 01 Jan 2024 00:00:00 GMT" }),
    retryAfterMs: 0,
  },
  "too many requests, with a wait that is none": status(429, "rate_limited", { "retry-after": "soon" }),
  "too many requests, with a negative wait": status(429, "rate_limited", { "retry-after": "-5" }),
  "a fault of the server": status(500, "transient"),
  "a fault of a gateway": status(502, "transient"),
  "a server that starts": status(503, "transient", { "retry-after": "9" }),
  "a gateway that waited in vain": status(504, "transient"),
  "an error page": {
    ...status(500, "transient"),
    respond: (response) => response.writeHead(500, { "content-type": "text/html" }).end(page),
  },
  "a web page instead of an answer": body(page, "text/html"),
  "a web page that calls itself JSON": body(page),
  "an empty answer": body(""),
  "no content": { alone: "transient", together: "transient", respond: (response) => response.writeHead(204).end() },
  "half an answer": {
    ...body(""),
    respond: (response, good) => response.writeHead(200, good.headers).end(good.body.slice(0, good.body.length / 2)),
  },
  null: body("null"),
  "a list": body("[]"),
  "a string": body('"Zanzibar"'),
  "a number": body("7"),
  "an object without fields": body("{}"),
  "an object with a prototype": body('{"__proto__":{"translatedText":"x","translations":[]}}'),
  "an error inside a success": body(JSON.stringify({ error: ECHO, message: ECHO })),
  "a million opening brackets": body("[".repeat(2 ** 20)),
  "bytes that are no UTF-8": body(Buffer.from([0xff, 0xfe, 0xfd])),
  "bytes that are not packed as they claim": body("not packed", "application/json", { "content-encoding": "gzip" }),
  "a connection that is cut before the answer": {
    ...body(""),
    respond: (response) => response.socket?.resetAndDestroy(),
  },
  "a connection that is cut within the answer": {
    ...body(""),
    respond: (response, good) => {
      response.writeHead(200, { ...good.headers, "content-length": String(good.body.length + 100) });
      response.write(good.body.slice(0, 10), () => response.socket?.resetAndDestroy());
    },
  },
  "an answer that ends before its length": {
    ...body(""),
    respond: (response, good) => {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n${good.body}`,
      );
    },
  },
  "no HTTP at all": { ...body(""), respond: (response) => response.socket?.end("220 mail.example.com ESMTP\r\n") },
  "an answer without end": {
    alone: "malformed",
    together: "too_long",
    respond: (response) => writeWithoutEnd(response, 200),
  },
  "an error without end": {
    alone: "transient",
    together: "transient",
    respond: (response) => writeWithoutEnd(response, 500),
  },
  "an answer that unpacks to a thousand times its size": {
    alone: "malformed",
    together: "too_long",
    respond: (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(BOMB),
  },
  "a packed answer": fine((response, good) =>
    response.writeHead(good.status, { ...good.headers, "content-encoding": "gzip" }).end(gzipSync(good.body)),
  ),
  "an answer in pieces": fine((response, good) => {
    response.writeHead(good.status, good.headers);
    const bytes = Buffer.from(good.body);
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  }),
  "an answer with a wrong content type": fine((response, good) =>
    response.writeHead(good.status, { ...good.headers, "content-type": "text/html" }).end(good.body),
  ),
  "an answer with a byte order mark": fine((response, good) =>
    response.writeHead(good.status, good.headers).end(`\ufeff${good.body}`),
  ),
  "an answer after its connection was announced closed": fine((response, good) =>
    response.writeHead(good.status, { ...good.headers, connection: "close" }).end(good.body),
  ),
  "a slow answer": fine((response, good) => {
    setTimeout(() => response.writeHead(good.status, good.headers).end(good.body), 100);
  }),
};

/** 64 MiB in 64 KiB. */
const BOMB = gzipSync(Buffer.alloc(64 * 2 ** 20, "x"));

function writeWithoutEnd(response: ServerResponse, code: number): void {
  const piece = "x".repeat(64 * 1024);
  const go = () => {
    while (response.writable && response.write(piece));
  };
  response
    .writeHead(code, { "content-type": "application/json" })
    .on("drain", go)
    .on("error", () => undefined);
  response.write('{"text":"');
  go();
}
