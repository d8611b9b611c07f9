/**
 * The ways to hold a model to JSON, from strict to none. Endpoints differ, and none declares what it supports.
 */
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";

type ResponseFormat = ChatCompletionCreateParamsNonStreaming["response_format"];

/**
 * It has no limits on length or count and no list of the allowed ids: not every implementation of schemas takes them, and
 * a schema that changes with each batch would be compiled anew each time. Ids are checked when the answer is read.
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

/** Tried in this order. The last one asks for no format and relies on the prompt. */
export const RESPONSE_FORMATS: readonly ResponseFormat[] = [
  { type: "json_schema", json_schema: { name: "translations", strict: true, schema: SCHEMA } },
  { type: "json_object" },
  undefined,
];
