import { DatabaseUnavailableError, SchemaMissingError, SchemaNewerError } from "@trans-hub/core";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { waitForStore } from "./wait-for-store.ts";

function recorder() {
  const events: string[] = [];
  const logger = createLogger({
    level: "info",
    destination: {
      write: (line) => {
        const { event, err } = JSON.parse(line) as { event: string; err?: { code: string } };
        events.push(err ? `${event} ${err.code}` : event);
      },
    },
  });
  return { events, logger };
}

const never = new AbortController().signal;

test("a store that comes up late is waited for, and each reason is reported once", async () => {
  const { events, logger } = recorder();
  const reasons: string[] = [];
  const answers = [
    new DatabaseUnavailableError("away"),
    new DatabaseUnavailableError("away"),
    new SchemaMissingError("no schema"),
    "here",
  ];
  const ask = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const options = { ask, logger, signal: never, onWaiting: (reason: string) => reasons.push(reason) };
  expect(await waitForStore(options)).toBe("here");
  expect(events).toEqual(["store.waiting TH_DATABASE_UNAVAILABLE", "store.waiting TH_SCHEMA_MISSING", "store.back"]);
  expect(reasons).toEqual(["away", "no schema"]);
});

test("an error that no waiting can cure is thrown", async () => {
  const ask = () => Promise.reject(new SchemaNewerError("newer"));
  await expect(waitForStore({ ask, logger: recorder().logger, signal: never })).rejects.toThrow(SchemaNewerError);
});

test("a signal ends the wait at once", async () => {
  const stopping = new AbortController();
  const ask = () => {
    setImmediate(() => stopping.abort());
    return Promise.reject(new DatabaseUnavailableError("away"));
  };
  expect(await waitForStore({ ask, logger: recorder().logger, signal: stopping.signal })).toBeUndefined();
});
