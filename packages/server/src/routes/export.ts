/** Exports: the texts of a project in one locale, as a front end loads them. */
import { canonicalLocale, type Prefer } from "@trans-hub/core";
import { z } from "zod";
import { SHAPES, shaped } from "../export/shape.ts";
import { HttpError } from "../problem.ts";
import { type Call, defineRoute } from "../route.ts";
import { Preference } from "../schema.ts";
import type { Services } from "../services.ts";
import { listsBytes, notModified } from "../tags.ts";

/** Bytes of the texts of one export. */
const MAX_TEXT_BYTES = 32 * 2 ** 20;

/** A client, or a proxy for all, may show an export for a minute, and an older one while the server makes a new one or is away. */
const CACHED = "max-age=60, stale-while-revalidate=600, stale-if-error=86400";

const Query = z.strictObject({
  shape: z
    .enum(SHAPES)
    .optional()
    .describe("`nested` (default): a dot in a key opens an object. `flat`: keys keep their dots."),
  prefer: Preference.optional(),
  prefix: z.string().min(1).max(255).optional().describe("Only business ids that begin so."),
  fallback: z
    .enum(["true", "false"])
    .optional()
    .describe("Answer a text that the locale does not have by the locale that it falls back to: `fr-CA`, then `fr`."),
});

const Texts = z.record(z.string(), z.unknown()).describe("Texts by their keys, in the order of their business ids.");

const shared = {
  method: "GET",
  scope: "export",
  wall: "project",
  openTo: (project: string, { publicExports }: Services) => publicExports(project),
  query: Query,
  answers: { 200: Texts, 304: null },
  problems: [409],
} as const;

const DESCRIPTION =
  "The key of a text is the part of its business id behind `#`; an id without one is a key as a whole. The answer is at most five seconds old. `ETag` is the hash of its bytes; `If-None-Match` gives 304. Two ids with the same place are 409.";

export const exportLocale = defineRoute({
  ...shared,
  path: "/v1/projects/:project/locales/:locale.json",
  name: "exportLocale",
  summary: "Export the texts of a locale by their keys.",
  description: DESCRIPTION,
  locale: ({ params }) => params.locale,
  params: z.object({ project: z.string().min(1).max(255), locale: z.string().min(1).max(255) }),
  handle: (call) => answer(call, call.params.locale, undefined),
});

export const exportNamespace = defineRoute({
  ...shared,
  problems: [404, 409],
  path: "/v1/projects/:project/locales/:locale/:namespace.json",
  name: "exportNamespace",
  summary: "Export the texts of one file in a locale.",
  description: `The namespace is the part of a business id before \`#\`: the whole name of the file, the name without its ending, or the last part of either, such as \`common\` for \`locales/en/common.json\`. ${DESCRIPTION}`,
  locale: ({ params }) => params.locale,
  params: z.object({
    project: z.string().min(1).max(255),
    locale: z.string().min(1).max(255),
    namespace: z.string().min(1).max(255),
  }),
  handle: (call) => answer(call, call.params.locale, call.params.namespace),
});

type ExportCall = Call<{ readonly project: string }, z.output<typeof Query>, unknown>;

async function answer(call: ExportCall, given: string, namespace: string | undefined): Promise<undefined> {
  const { services, params, query, headers, reply } = call;
  const { shape = "nested", prefer = "approved-or-translated", prefix, fallback } = query;
  const locale = canonicalLocale(given, "locale");
  const wish = { project: params.project, locale, namespace, shape, prefer, prefix, fallback: fallback === "true" };
  const made = await services.exports.get(JSON.stringify(Object.values(wish)), () => make(call, wish));
  const { bytes, etag, encoding } = acceptsGzip(headers["accept-encoding"]) ? await made.compressed() : made.plain;
  const isPublic = services.publicExports(params.project);
  reply
    .header("etag", etag)
    .header("cache-control", `${isPublic ? "public" : "private"}, ${CACHED}`)
    .header("vary", "Accept-Encoding");
  if (locale !== given) reply.header("content-location", canonicalPlace(locale, namespace));
  if (listsBytes(headers["if-none-match"], etag)) return notModified(reply);
  if (encoding !== undefined) reply.header("content-encoding", encoding);
  // Bytes as they were hashed: the serializer of JSON would print them anew.
  void reply.type("application/json; charset=utf-8").send(bytes);
  return undefined;
}

interface Wish {
  project: string;
  locale: string;
  namespace: string | undefined;
  shape: (typeof SHAPES)[number];
  prefer: Prefer;
  prefix: string | undefined;
  fallback: boolean;
}

async function make(
  { hub }: ExportCall,
  { project, locale, namespace, shape, prefer, prefix, fallback }: Wish,
): Promise<string> {
  const texts = [];
  let bytes = 0;
  for await (const text of hub.exportTexts({
    project,
    targetLocale: locale,
    prefer,
    fallback,
    businessIdPrefix: prefix,
  })) {
    bytes += text.businessId.length + 3 * (text.text?.length ?? 0);
    if (bytes > MAX_TEXT_BYTES)
      throw new HttpError("TH_EXPORT_TOO_LARGE", {
        hint: "Ask for a part of it: by ?prefix=, or by a project for each application.",
      });
    texts.push(text);
  }
  const json = shaped(texts, { shape, namespace });
  if (json === undefined) {
    throw new HttpError("TH_NO_NAMESPACE");
  }
  return json;
}

/** Relative to the path of the request, whose last part it replaces. */
function canonicalPlace(locale: string, namespace: string | undefined): string {
  return namespace === undefined ? `${locale}.json` : `../${locale}/${encodeURIComponent(namespace)}.json`;
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? "")
    .split(",")
    .some((part) => {
      const [coding = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
      const isRefused = parameters.some((each) => /^q=0(\.0*)?$/.test(each));
      return (coding === "gzip" || coding === "*") && !isRefused;
    });
}
