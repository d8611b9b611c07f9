/**
 * How strictly a model can be held to JSON, from strict to not at all. Endpoints differ, and none declares its support
 * beforehand.
 */
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";

type ResponseFormat = ChatCompletionCreateParamsNonStreaming["response_format"];

/**
 * No limits on length or count and no list of the allowed ids: some implementations of schemas refuse them, and a
 * schema that changes with each batch would be compiled anew each time. The ids are checked after the answer in any
 * case.
 */
const SCHEMA = {
  type: "object",
  properties: {
    items: {
      type: "array",
      items: {
        type: "object",
        properties: { id: { type: "string" }, text: { type: "string" } },
        required: ["id", "text"],
        additionalProperties: false,
      },
    },
  },
  required: ["items"],
  additionalProperties: false,
};

/** Tried in this order; the last requests no format and relies on the prompt. */
export const RESPONSE_FORMATS: readonly ResponseFormat[] = [
  { type: "json_schema", json_schema: { name: "translations", strict: true, schema: SCHEMA } },
  { type: "json_object" },
  undefined,
];
