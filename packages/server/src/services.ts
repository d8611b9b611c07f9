/** The parts of a server that its routes share. */
import type { ExportCache } from "./export/export-cache.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { HttpError } from "./problem.ts";
import type { WebhookDesk } from "./webhooks/desk.ts";

export interface Services {
  /** Aborts when the server begins to stop: waits end with the answer of that moment. */
  readonly stopping: AbortSignal;
  readonly waits: WaitingRoom;
  readonly exports: ExportCache;
  /** Whether everybody may read the exports of a project, without a token. */
  readonly publicExports: (project: string) => boolean;
  readonly webhooks: WebhookDesk;
  readonly fleet: FleetSettings;
}

/** Bounds the requests that wait at once: each holds a connection and a place in memory. */
export class WaitingRoom {
  readonly #places: number;
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @throws {HttpError} `TH_TOO_MANY_WAITS`: every place is taken. */
  async hold<Result>(wait: () => Promise<Result>): Promise<Result> {
    if (this.#taken >= this.#places) throw new HttpError("TH_TOO_MANY_WAITS");
    this.#taken += 1;
    try {
      return await wait();
    } finally {
      this.#taken -= 1;
    }
  }
}
