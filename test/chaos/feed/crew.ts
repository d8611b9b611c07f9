/** The processes around the feed in a scene, and what they reported. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { MemberMessage, MemberOptions } from "./member.ts";
import type { Stream } from "./oracle.ts";

type Role = MemberOptions["role"];

const READERS: ReadonlySet<Role> = new Set(["reader", "follower", "stream"]);

/** Time in which a killed process starts again, or a lost connection is made anew. */
const BACK_MS = 3_000;

export interface Away {
  from: number;
  to: number;
}

export class Member {
  readonly name: string;
  readonly options: MemberOptions;
  /** What it got as a reader. It goes on behind it after a kill. */
  readonly stream: Stream & { events: Stream["events"][number][]; arrivals: { words: string[]; at: number }[] };
  /** Times at which it could not read, in milliseconds since the epoch. */
  readonly away: Away[] = [];
  child: ChildProcess;
  #after: string | undefined;
  #starting: Away | undefined;
  readonly #crew: Crew;

  constructor(crew: Crew, name: string, options: MemberOptions) {
    this.#crew = crew;
    this.name = name;
    this.options = options;
    this.#after = options.after;
    const position = Number(options.after?.split(".")[1] ?? 0);
    this.stream = { reader: name, after: position, events: [], arrivals: [] };
    this.child = this.#start();
  }

  get isReader(): boolean {
    return READERS.has(this.options.role);
  }

  get position(): number {
    return this.stream.events.at(-1)?.position ?? this.stream.after;
  }

  async replace(): Promise<void> {
    const gone = once(this.child, "exit");
    this.#starting = awayNow();
    // Its start may take seconds on a busy machine.
    this.#starting.to = Number.POSITIVE_INFINITY;
    this.away.push(this.#starting);
    this.child.kill("SIGKILL");
    await gone;
    this.child = this.#start();
  }

  /** Its lag is not measured until it is back. */
  isAway(): void {
    this.away.push(awayNow());
  }

  #start(): ChildProcess {
    const options: MemberOptions = { ...this.options, ...(this.#after !== undefined && { after: this.#after }) };
    const child = fork(join(import.meta.dirname, "member.ts"), {
      env: { ...process.env, CHAOS_MEMBER: JSON.stringify(options) },
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("exit", (code) => {
      if (code !== null && code !== 0) this.#crew.faults.push(`${this.name} ended with ${code}`);
    });
    child.on("message", (message: MemberMessage) => {
      if (message.kind === "ready" && this.#starting !== undefined) this.#starting.to = Date.now() + BACK_MS;
      if (message.kind === "page") {
        this.#after = message.next;
        this.stream.events.push(...message.events);
        const words = message.events.flatMap(({ project, targetLocale, ids, revisions }) =>
          ids.map((id, at) => `${project}/${targetLocale}/${id} ${revisions?.[at]}`),
        );
        this.stream.arrivals.push({ words, at: message.at });
      }
      if (message.kind === "acked") this.#crew.acked.set(message.word, message.at);
      if (message.kind === "fault") this.#crew.faults.push(`${this.name}: ${message.code}`);
    });
    return child;
  }
}

/** From a second ago, in which its last changes may not have come yet. */
export function awayNow(): Away {
  return { from: Date.now() - 1_000, to: Date.now() + BACK_MS };
}

export class Crew {
  readonly members: Member[] = [];
  /** Approvals that were acknowledged, as `<key> <revision>`, with the time. */
  readonly acked = new Map<string, number>();
  /** Failures that must not be. */
  readonly faults: string[] = [];
  readonly #options: Omit<MemberOptions, "role" | "seed">;

  constructor(options: Omit<MemberOptions, "role" | "seed">) {
    this.#options = options;
  }

  add(role: Role, given: Partial<MemberOptions> = {}): void {
    const seed = this.members.length + 1;
    this.members.push(new Member(this, `${role}-${seed}`, { ...this.#options, role, seed, ...given }));
  }

  get readers(): Member[] {
    return this.members.filter(({ isReader }) => isReader);
  }

  get others(): Member[] {
    return this.members.filter(({ isReader }) => !isReader);
  }

  order(members: readonly Member[], order: "stop"): void {
    for (const { child } of members) if (child.connected) child.send(order);
  }

  kill(): void {
    for (const { child } of this.members) child.kill("SIGKILL");
  }

  /** Milliseconds from each acknowledgement to its arrival at each reader, but for those at times when they were away. */
  lags(away: readonly Away[], readers: readonly Member[] = this.readers): number[] {
    return readers.flatMap(({ stream, away: own }) => {
      const excluded = [...away, ...own];
      const arrived = new Map<string, number>();
      for (const { words, at } of stream.arrivals)
        for (const word of words) if (!arrived.has(word)) arrived.set(word, at);
      return [...this.acked].flatMap(([word, at]) => {
        if (excluded.some(({ from, to }) => at >= from && at <= to)) return [];
        return Math.max(0, (arrived.get(word) ?? Number.POSITIVE_INFINITY) - at);
      });
    });
  }
}
