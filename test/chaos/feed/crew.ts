/** The processes around the feed in a scene, and what they reported. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { MemberMessage, MemberOptions } from "./member.ts";
import type { Stream } from "./oracle.ts";

type Role = MemberOptions["role"];

class Member {
  readonly name: string;
  readonly options: MemberOptions;
  /** What it got as a reader. It goes on behind it after a kill. */
  readonly stream: Stream & { events: Stream["events"][number][]; arrivals: { words: string[]; at: number }[] };
  child: ChildProcess;
  #after: string | undefined;
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
    return this.options.role === "reader" || this.options.role === "follower";
  }

  get position(): number {
    return this.stream.events.at(-1)?.position ?? this.stream.after;
  }

  async replace(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    this.child = this.#start();
  }

  #start(): ChildProcess {
    const options: MemberOptions = { ...this.options, ...(this.#after !== undefined && { after: this.#after }) };
    const child = fork(join(import.meta.dirname, "member.ts"), {
      env: { ...process.env, CHAOS_MEMBER: JSON.stringify(options) },
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message: MemberMessage) => {
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

  /** Milliseconds from each acknowledgement outside of `excluded` to its arrival at the readers. */
  lags(excluded: readonly { from: number; to: number }[]): number[] {
    return this.readers.flatMap(({ stream }) => {
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
