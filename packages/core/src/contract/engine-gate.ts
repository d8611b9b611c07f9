/**
 * What a fleet agrees on about its engines: how fast they may be asked, how many calls at once, and when not at all.
 *
 * A gate is a store's optional gift (`PersistenceHandler.engineGate`). With one, all members over the store keep one
 * engine's limits together; without, each process keeps them by itself (`LocalEngineGate`).
 *
 *     closed ─ quota or setting at fault ─▶ open ─ its time is over ─▶ half open: one call tries
 *       ▲                                    ▲                            │
 *       │                                    └── at fault again: ×2 ──────┤
 *       └──────────────────────── any other answer ───────────────────────┘
 */

/** Limits of one engine, over the whole fleet. */
export interface EngineLimits {
  /** Requests a minute. */
  rpm?: number;
  /** Tokens a minute, those of the question and of the answer. */
  tpm?: number;
  /** Calls at once. */
  concurrency?: number;
}

export type Circuit = "closed" | "open" | "half_open";

/** One engine as the fleet sees it now. */
export interface EngineState {
  engine: string;
  /** Milliseconds until a pause ends; 0: none. */
  pausedMs: number;
  circuit: Circuit;
  /** Milliseconds until an open circuit is tried; 0 unless `open`. */
  openMs: number;
  /** The code of the error that opened the circuit; null while it is closed. */
  reason: string | null;
  /** How often the circuit opened: tells one opening from the next. */
  openings: number;
  /** Calls under way, counted only where calls at once are limited. */
  running: number;
}

/** The wish to call an engine once. */
export interface EngineWish {
  engine: string;
  /** UUID of the call, of the caller's making. */
  callId: string;
  /** An estimate, settled to the real number afterwards. */
  tokens: number;
  limits: EngineLimits;
  /** A turn that comes within so many milliseconds is granted now. */
  aheadMs: number;
  /** Milliseconds after which a call that was never settled counts as ended, and a probe as lost. */
  leaseMs: number;
}

export type EngineTurn =
  /** `afterMs`: when the call may start, at most `aheadMs`. `isProbe`: it decides about the circuit. */
  | { isGranted: true; afterMs: number; isProbe: boolean }
  /** Nothing was taken. `waitMs`: when to ask again; 0 where nobody can know. */
  | { isGranted: false; heldBy: "pause" | "rate" | "calls"; waitMs: number }
  | { isGranted: false; heldBy: "circuit"; waitMs: number; reason: string; openings: number };

/** How a call that had a turn ended. */
export interface EngineCallEnd {
  engine: string;
  callId: string;
  /** Tokens used beyond those reserved; negative: fewer. */
  moreTokens: number;
  /** What a probe found: true closes the circuit; undefined leaves it to another, `retryMs` later. */
  works: true | undefined;
  /** Milliseconds. */
  retryMs: number;
}

/** An account or setting that is at fault. */
export interface EngineFault {
  engine: string;
  /** The call that found it. */
  callId: string;
  /** The code of its error. */
  reason: string;
  /** For how long the circuit opens first, in milliseconds; each failed probe doubles it. */
  forMs: number;
  longestMs: number;
}

/**
 * Every method is one step that the members see in the same order, by one clock, the store's. None of them is part of
 * any settlement of work, and what the last moment before a crash wrote may be lost: these are limits, not promises.
 *
 * They reject as those of `PersistenceHandler` do.
 */
export interface EngineGate {
  /** Every engine that was ever limited, paused or at fault, by name. */
  states(): Promise<EngineState[]>;

  /**
   * Asks for a turn. Of pauses, circuit, rates and calls at once, whichever holds longest decides.
   *
   * A wish for more tokens than may be taken at once (`bucketOf`) is granted when nothing is taken, and paid off before
   * the next: never refused for good. Once an open circuit's time is over, one wish is granted as its probe; while
   * that runs, all others are held; unsettled after its `leaseMs`, the next wish takes its place.
   */
  reserve(wish: EngineWish): Promise<EngineTurn>;

  /**
   * Ends a call that had a turn: corrects its tokens, gives back its place, and lets a probe decide. Twice is as once but
   * for the tokens. Gives whether the circuit closed.
   */
  settle(end: EngineCallEnd): Promise<{ isClosed: boolean }>;

  /** Keeps the places of calls under way, and the one that is a probe, for `leaseMs` from now on. Those that are lost stay so. */
  renew(engine: string, callIds: readonly string[], leaseMs: number): Promise<void>;

  /**
   * Holds everybody for a while; never shortens a pause. Gives how long it lasts in all, and whether there was none.
   */
  pause(engine: string, forMs: number): Promise<{ waitMs: number; isNew: boolean }>;

  /**
   * Opens a closed circuit, or reopens it after its probe; the faults of all other calls change nothing. Gives how long
   * it stays open, and which opening it is.
   */
  open(fault: EngineFault): Promise<{ waitMs: number; openings: number }>;
}
