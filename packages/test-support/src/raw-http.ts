/** Requests as a program on the network may make them: doubled headers, any path, any address of this machine. */
import { request } from "node:http";

export interface RawRequest {
  port: number;
  /** Default: `GET`. */
  method?: string | undefined;
  /** As it goes over the wire. */
  path: string;
  /** In their order; a name may stand twice. `Host` is added if it is not there. */
  headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** A string goes as it is, anything else as JSON. Default: none. */
  body?: unknown;
  /** The address of this machine from which the connection comes, such as `127.0.0.2`. Default: the system's choice. */
  from?: string | undefined;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; undefined: it is none. */
  json: unknown;
}

/** Resolves with the whole answer; of an event stream, with its head, and ends the stream. */
export function askRaw({ port, method = "GET", path, headers = [], body, from }: RawRequest): Promise<RawAnswer> {
  const content = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const given = headers.map(([name]) => name.toLowerCase());
  const all = [
    ...(given.includes("host") ? [] : [["Host", `127.0.0.1:${port}`] as const]),
    ...headers,
    // Node would announce chunks for a body that does not come.
    ...(content === undefined && method === "POST" ? [["Content-Length", "0"] as const] : []),
    ...(content === undefined ? [] : [["Content-Length", String(Buffer.byteLength(content))] as const]),
    ["Connection", "close"] as const,
  ];
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: all.flat(),
        setHost: false,
        agent: false,
        ...(from && { localAddress: from }),
      },
      (response) => {
        let text = "";
        if (String(response.headers["content-type"]).startsWith("text/event-stream")) {
          asked.destroy();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: undefined });
          return;
        }
        response
          .setEncoding("utf8")
          .on("data", (part: string) => {
            text += part;
          })
          .on("error", reject)
          .on("end", () => {
            let json: unknown;
            try {
              json = JSON.parse(text);
            } catch {
              json = undefined;
            }
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
          });
      },
    );
    asked.on("error", reject);
    asked.end(content);
  });
}
