/**
 * The ways to hold a model to JSON, from strict to none. Endpoints differ, and none declares what it supports.
 */
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { ANSWER_SCHEMA } from "../llm/schema.ts";

type ResponseFormat = ChatCompletionCreateParamsNonStreaming["response_format"];

/** Tried in this order. The last one asks for no format and relies on the prompt. */
export const RESPONSE_FORMATS: readonly ResponseFormat[] = [
  { type: "json_schema", json_schema: { name: "translations", strict: true, schema: ANSWER_SCHEMA } },
  { type: "json_object" },
  undefined,
];
