/** The span of a call of `request`, whose context goes to the workers with the work. */
import { inSpan } from "../async/spans.ts";
import type { RegisterItem } from "../contract/item.ts";

/** The span of a request that is not answered yet. */
export interface RequestSpan {
  /** Undefined: the trace is not sampled. */
  readonly traceparent: string | undefined;
  /** Adds the facts of items that were checked: a field that was not could hold anything. */
  note(items: readonly RegisterItem[]): void;
}

/** The most names of one kind in a span. */
const NAMES = 32;

interface Receipt {
  registered?: number;
  existing?: number;
  queued?: number;
  accepted?: number;
  rejected: readonly unknown[];
}

/** Runs a request within its span, if tracing is on. */
export function inRequestSpan<Given extends Receipt>(
  items: unknown,
  request: (span: RequestSpan | undefined) => Promise<Given>,
): Promise<Given> {
  const describe = () => ({
    kind: "PRODUCER" as const,
    attributes: {
      "messaging.system": "trans_hub",
      "messaging.operation.name": "request",
      "messaging.operation.type": "send",
      "messaging.batch.message_count": Array.isArray(items) ? items.length : 1,
    },
  });
  return inSpan("trans_hub.request", describe, async (span) => {
    if (span === undefined) return request(undefined);
    const names = new Names();
    const receipt = await request({ traceparent: span.traceparent, note: (checked) => names.add(checked) }).finally(
      () => span.set(names.attributes),
    );
    span.set({
      "trans_hub.rows.registered": receipt.registered,
      "trans_hub.rows.existing": receipt.existing,
      "trans_hub.rows.queued": receipt.queued,
      "trans_hub.items.accepted": receipt.accepted,
      "trans_hub.items.rejected": receipt.rejected.length,
    });
    return receipt;
  });
}

class Names {
  readonly #projects = new Set<string>();
  readonly #sourceLocales = new Set<string>();
  readonly #targetLocales = new Set<string>();

  add(items: readonly RegisterItem[]): void {
    for (const { project, sourceLocale, targetLocales } of items) {
      addUpTo(NAMES, this.#projects, project);
      addUpTo(NAMES, this.#sourceLocales, sourceLocale);
      for (const locale of targetLocales) addUpTo(NAMES, this.#targetLocales, locale);
    }
  }

  get attributes(): Record<string, string[] | string | undefined> {
    return {
      "trans_hub.project": [...this.#projects].join(",") || undefined,
      "trans_hub.source_locale": [...this.#sourceLocales].join(",") || undefined,
      "trans_hub.target_locales": [...this.#targetLocales],
    };
  }
}

function addUpTo(most: number, names: Set<string>, name: string): void {
  if (names.size < most) names.add(name);
}
