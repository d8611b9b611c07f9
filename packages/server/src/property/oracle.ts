/** Judges answers by the document alone, with a validator that knows nothing of zod. */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { OpenApiDocument, Operation } from "../openapi.ts";

export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

export class Oracle {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #document: OpenApiDocument;
  /** Statuses by operation. */
  readonly #seen = new Map<string, Set<number>>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: "openapi", ...document });
  }

  /** The reasons why the document does not admit the answer. Empty: it does. */
  faults(path: string, method: string, operation: Operation, { status, contentType, text }: SeenAnswer): string[] {
    const seen = this.#seen.get(operation.operationId) ?? new Set();
    this.#seen.set(operation.operationId, seen.add(status));
    const response = operation.responses[String(status)] as { $ref?: string } | undefined;
    if (response === undefined) return [`the status ${status} is not documented`];
    const pointer = response.$ref ?? `#/paths/${escaped(path)}/${method.toLowerCase()}/responses/${status}`;
    const { content } = this.#at(pointer) as { content?: Record<string, unknown> };
    if (content === undefined) return text === "" ? [] : ["there is a body, and none is documented"];
    const [type = ""] = (contentType ?? "").split(";");
    if (content[type] === undefined) return [`the content type ${type} is not documented`];
    const schema = `openapi${pointer}/content/${escaped(type)}/schema`;
    const validate = this.#ajv.getSchema(schema) ?? this.#ajv.compile({ $ref: schema });
    return validate(type.endsWith("json") ? JSON.parse(text) : text)
      ? []
      : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  }

  /** Documented statuses of which no answer was seen: a success of each operation, and each problem of any. */
  get missing(): string[] {
    const operations = Object.values(this.#document.paths).flatMap((methods) => Object.values(methods));
    const all = new Set([...this.#seen.values()].flatMap((statuses) => [...statuses]));
    return operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .map(Number)
        .filter((status) =>
          status < 400 || !isCommon(status) ? !this.#seen.get(operationId)?.has(status) : !all.has(status),
        )
        .map((status) => `${operationId} ${status}`),
    );
  }

  #at(pointer: string): unknown {
    return pointer
      .slice("#/".length)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], this.#document);
  }
}

/** Problems of every route of a kind, made in one place for all of them. */
function isCommon(status: number): boolean {
  return [400, 401, 403, 413, 415, 422, 429, 503].includes(status);
}

function escaped(part: string): string {
  return part.replaceAll("~", "~0").replaceAll("/", "~1");
}
