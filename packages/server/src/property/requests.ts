/** Random requests from the document: as it says, and each kind of fault. */
import fc from "fast-check";
import type { OpenApiDocument, Operation } from "../openapi.ts";
import { anyJson, arbitraryOf, HOSTILE, type JsonSchema } from "./values.ts";

export interface GeneratedRequest {
  /** The operation that the request is for. */
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
  /** The path with its query, as it is sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** The kind of the fault; `none`: as the document says. */
  readonly fault: string;
}

/** Parts of a request that a fault changes. */
interface Draft {
  params: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  body: unknown;
  raw?: Buffer;
}

type Fault = readonly [name: string, make: (draft: Draft) => fc.Arbitrary<Draft>];

const JSON_TYPE = "application/json";

const FAULTS: readonly Fault[] = [
  ["none", fc.constant],
  ["none", fc.constant],
  ["none", fc.constant],
  [
    "a part is replaced",
    (draft) => fc.tuple(fc.nat(), anyJson).map(([at, value]) => ({ ...draft, body: replaced(draft.body, at, value) })),
  ],
  ["a part is missing", (draft) => fc.nat().map((at) => ({ ...draft, body: replaced(draft.body, at, undefined) }))],
  [
    "a field is unknown",
    (draft) =>
      fc
        .tuple(fc.constantFrom("extra", "project", "by", "__proto__", "a b", "x".repeat(100)), anyJson)
        .map(([key, value]) => ({
          ...draft,
          body: typeof draft.body === "object" && draft.body !== null ? { ...draft.body, [key]: value } : value,
        })),
  ],
  ["the body is another value", (draft) => anyJson.map((body) => ({ ...draft, body }))],
  [
    "the body is no JSON",
    (draft) =>
      fc
        .constantFrom(
          "{",
          "",
          "nul",
          '{"a":1,}',
          '{"items":["\\ud800"]}',
          "[".repeat(20_000),
          '{"__proto__":{"a":1}}',
          "\ufeff{}",
        )
        .map((text) => ({ ...draft, raw: Buffer.from(text) })),
  ],
  [
    "the body is not UTF-8",
    (draft) => fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => ({ ...draft, raw: Buffer.from(bytes) })),
  ],
  ["the body is huge", (draft) => fc.constant({ ...draft, raw: Buffer.alloc(4 * 2 ** 20 + 1, " ") })],
  [
    "the body has another type",
    (draft) =>
      fc
        .constantFrom(
          "text/plain",
          "application/xml",
          "application/json; charset=latin1",
          "multipart/form-data; boundary=x",
          "x",
        )
        .map((type) => ({ ...draft, headers: { ...draft.headers, "content-type": type } })),
  ],
  [
    "a parameter is hostile",
    (draft) =>
      fc
        .tuple(fc.nat(), fc.constantFrom(...HOSTILE.filter((text) => text.isWellFormed() && text.length < 400)))
        .map(([at, text]) => {
          const names = Object.keys(draft.params);
          const name = names[at % Math.max(1, names.length)];
          return name === undefined ? draft : { ...draft, params: { ...draft.params, [name]: text } };
        }),
  ],
  [
    "the query is hostile",
    (draft) =>
      fc
        .array(
          fc.tuple(
            fc.constantFrom("limit", "cursor", "extra", "by", "since", "targetLocale"),
            fc.constantFrom(...HOSTILE.filter((text) => text.isWellFormed() && text.length < 400)),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        )
        .map((more) => ({ ...draft, query: [...draft.query, ...more] })),
  ],
  [
    "a header is strange",
    (draft) =>
      fc
        .constantFrom<Record<string, string>>(
          { authorization: "Bearer nothing" },
          { origin: "https://evil.example" },
          { prefer: "wait=-1, wait=0" },
          { prefer: "wait=0; x, respond-async" },
          { "idempotency-key": "k" },
          { "idempotency-key": "x".repeat(300) },
          { "if-none-match": '"1", W/"2", *' },
          { accept: "text/html" },
          { "content-encoding": "gzip" },
          { expect: "100-continue" },
        )
        .map((more) => ({ ...draft, headers: { ...draft.headers, ...more } })),
  ],
];

/** Every request that the document admits, and requests with a fault. */
export function requestsOf(document: OpenApiDocument): fc.Arbitrary<GeneratedRequest> {
  const resolve = (ref: string) => document.components.schemas[ref.replace("#/components/schemas/", "")] as JsonSchema;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.tuple(fc.constantFrom(...operations), fc.constantFrom(...FAULTS)).chain(([place, [fault, make]]) =>
    draftOf(place.operation, resolve)
      .chain(make)
      .map((draft) => ({ ...place, ...sent(place.path, place.operation.requestBody !== undefined, draft), fault })),
  );
}

function draftOf(
  { parameters = [], requestBody }: Operation,
  resolve: (ref: string) => JsonSchema,
): fc.Arbitrary<Draft> {
  const strings = (place: string) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    const model = Object.fromEntries(
      own.map(({ name, schema }) => [
        name,
        name === "project" && place === "path"
          ? fc.constantFrom("shop", "shop", "other shop")
          : arbitraryOf(schema as JsonSchema, resolve, name).map(String),
      ]),
    );
    return fc.record(model, { requiredKeys: own.filter(({ required }) => required).map(({ name }) => name) });
  };
  const schema = requestBody?.content[JSON_TYPE]?.schema as JsonSchema | undefined;
  const body = schema === undefined ? fc.constant(undefined) : arbitraryOf(schema, resolve);
  return fc.tuple(strings("path"), strings("query"), body).map(([params, query, given]) => ({
    params: params as Record<string, string>,
    query: Object.entries(query as Record<string, string>).filter(([, value]) => value.isWellFormed()),
    // The waits of a test are short.
    headers: { prefer: "wait=0", ...(schema !== undefined && { "content-type": JSON_TYPE }) },
    body: given,
  }));
}

function sent(
  path: string,
  hasBody: boolean,
  { params, query, headers, body, raw }: Draft,
): Pick<GeneratedRequest, "target" | "headers" | "body"> {
  const whole = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? "";
    return encodeURIComponent(value.isWellFormed() ? value : "x");
  });
  const text = query.length === 0 ? "" : `?${new URLSearchParams(query)}`;
  const payload = raw ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body) ?? ""));
  return { target: `${whole}${text}`, headers, body: hasBody ? payload : undefined };
}

/** The value with one of its parts, at any depth, replaced; undefined removes it. */
function replaced(value: unknown, at: number, by: unknown): unknown {
  const places: (string | number)[][] = [];
  const walk = (part: unknown, path: (string | number)[]) => {
    if (typeof part !== "object" || part === null) return;
    for (const [key, inner] of Object.entries(part)) {
      places.push([...path, key]);
      walk(inner, [...path, key]);
    }
  };
  walk(value, []);
  const place = places[at % Math.max(1, places.length)];
  return place === undefined ? value : put(value, place, by);
}

function put(value: unknown, [key = "", ...rest]: readonly (string | number)[], by: unknown): unknown {
  const own = (value as Record<string, unknown>)[key];
  const inner = rest.length === 0 ? by : put(own, rest, by);
  if (Array.isArray(value))
    return inner === undefined ? value.toSpliced(Number(key), 1) : value.with(Number(key), inner);
  const { [key]: _, ...others } = value as Record<string, unknown>;
  return inner === undefined ? others : { ...others, [key]: inner };
}
