/**
 * The projects that a work for one project does not touch. Their jobs carry the flag `project:<name>`, and a claim leaves
 * out jobs with forbidden flags. A project that appears later is learned when one of its jobs is claimed, once.
 */
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { listProjects } from "./left.sql.ts";

export class ForeignProjects {
  /** The only project of the work. Undefined: every project, and then none is foreign. */
  readonly own: string | undefined;
  readonly #flags = new Set<string>();

  constructor(own: string | undefined) {
    this.own = own;
  }

  /** Learns the projects that have batches now. */
  async learnAll(pool: ConnectionPool): Promise<void> {
    if (this.own === undefined) return;
    for (const { project } of await rows(pool, listProjects)) if (project !== this.own) this.learn(project);
  }

  learn(project: string): void {
    this.#flags.add(flagOf(project));
  }

  /** The flags of jobs that are not to be claimed. Undefined: every job may be. */
  flags(isEnding: boolean): string[] | undefined {
    if (this.own === undefined) return undefined;
    return isEnding ? [...this.#flags, flagOf(this.own)] : [...this.#flags];
  }
}

function flagOf(project: string): string {
  return `project:${project}`;
}
