/** Brings the error bodies of compatible servers into OpenAI's shape, as the `openai` package reads no other. */

/** The response, with a body `{"error": {…}}` if it is an error of a known other shape. */
export async function withOpenaiError(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const { status, statusText, headers } = response;
  return new Response(inOpenaiShape(text), { status, statusText, headers });
}

function inOpenaiShape(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  // Gemini puts its error into a list.
  const fields = (Array.isArray(body) ? body[0] : body) as Record<string, unknown> | null | undefined;
  if (typeof fields !== "object" || fields === null) return text;
  if (fields.error !== undefined) return JSON.stringify(fields);
  // vLLM, Mistral and Azure's gateway have the fields of the error outside; FastAPI says `detail`.
  const { message = fields.detail, ...facts } = fields;
  return JSON.stringify({
    error: { ...facts, message: typeof message === "string" ? message : JSON.stringify(message) },
  });
}
