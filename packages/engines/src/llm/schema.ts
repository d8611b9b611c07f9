/**
 * The shape of an answer, as a JSON schema.
 *
 * It has no limits on length or count and no list of the allowed ids: not every implementation of schemas takes them, and
 * a schema that changes with each batch would be compiled anew each time. Ids are checked when the answer is read.
 */
export const ANSWER_SCHEMA = {
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
