import { DatabaseRefusedError } from "@trans-hub/core";
import { errorFields } from "@trans-hub/core/operations";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

function logOf(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let log = "";
  write(createLogger({ level: "trace", destination: { write: (line) => (log += line) } }));
  return log;
}

const TEXT = "Save changes to {name}?";

/** An error as pg throws it: with values in message, detail and where. */
function postgresError(): Error {
  return Object.assign(new Error(`invalid input syntax for type integer: "${TEXT}"`), {
    name: "DatabaseError",
    code: "22P02",
    detail: `Key (text)=(${TEXT}) already exists`,
    where: `unnamed portal parameter $1 = '${TEXT}'`,
    query: `select '${TEXT}'`,
  });
}

test("an event is logged under its own key, with its fields", () => {
  const line = JSON.parse(logOf((logger) => logger.info({ items: 3 }, "batch.settled")));
  expect(line).toMatchObject({ level: "info", event: "batch.settled", items: 3 });
});

test("no text reaches the log through an error, in any way of logging it", () => {
  const parseError = (() => {
    try {
      return JSON.parse(`{"text": ${TEXT}`);
    } catch (error) {
      return error;
    }
  })() as Error;
  const wrapped = new DatabaseRefusedError("The database refused", { cause: postgresError() });
  const log = logOf((logger) => {
    for (const error of [postgresError(), parseError, wrapped, new Error(`\n    at ${TEXT} (/a/b.ts:1:2)`)]) {
      logger.error({ err: error }, "worker.fault");
      logger.error({ error }, "worker.fault");
      logger.error({ err: error });
      logger.error(error);
    }
  });
  expect(log.split("\n")).toHaveLength(17);
  expect(log).not.toContain("Save");
  expect(log).toContain("22P02");
});

test("an error of the catalogue is logged with its message, its hint and the code of its cause", () => {
  const error = new DatabaseRefusedError("The database refused", { hint: "Ask for it.", cause: postgresError() });
  expect(errorFields(error)).toMatchObject({
    name: "DatabaseRefusedError",
    code: "TH_DATABASE_REFUSED",
    message: "The database refused",
    hint: "Ask for it.",
    cause: { name: "DatabaseError", code: "22P02" },
  });
});

test("a field that holds a secret is not written", () => {
  const log = logOf((logger) =>
    logger.info({ databaseUrl: "postgres://u:hunter2@h/d", openai: { apiKey: "hunter2" } }, "x"),
  );
  expect(log).not.toContain("hunter2");
});

test("an error that its caller has reduced keeps its name, code and cause", () => {
  const error = new DatabaseRefusedError("The database refused", { cause: postgresError() });
  for (const field of ["err", "error"]) {
    const line = JSON.parse(logOf((logger) => logger.warn({ [field]: errorFields(error) }, "touch.failed")));
    expect(line[field]).toEqual(errorFields(error));
    expect(line[field]).toMatchObject({ code: "TH_DATABASE_REFUSED", cause: { code: "22P02" } });
  }
  // An object of another origin may hold anything.
  expect(logOf((logger) => logger.warn({ error: { name: TEXT } }, "touch.failed"))).not.toContain(TEXT);
});
