/** The questions of one conversation and what became of each: one is asked at a time. */

import type { Client } from "./client";
import { Failure } from "./failure";
import type { Answer, AskRequest } from "./types";

export type Outcome =
  | { state: "asking" }
  | { state: "done"; answer: Answer }
  | { state: "stopped" }
  | { state: "waiting"; failure: Failure; until: number | null } // null: until the browser is online again
  | { state: "failed"; failure: Failure };

export interface Turn {
  question: string;
  outcome: Outcome;
}

const RETRIES = 4;
const FIRST_PAUSE_S = 5;

export class Conversation {
  turns: Turn[] = [];
  #running: AbortController | null = null;
  #wake: () => void = () => {};

  /** `changed` is called when a turn has become something else (`isNews`), and while it waits. */
  constructor(private readonly changed: (turn: Turn, isNews: boolean) => void) {}

  get isBusy(): boolean {
    return this.#running !== null;
  }

  /** Asks, waiting and asking again where that may help; null when it was stopped or failed. */
  async ask(turn: Turn, client: () => Client, request: () => AskRequest): Promise<Answer | null> {
    this.stop();
    const running = (this.#running = new AbortController());
    if (!this.turns.includes(turn)) this.turns.push(turn);
    try {
      return await this.#ask(turn, client, request, running.signal);
    } finally {
      if (this.#running === running) this.#running = null;
      this.changed(turn, false);
    }
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  clear(): void {
    this.stop();
    this.turns = [];
  }

  /** Ends a wait at once. */
  tryNow(): void {
    this.#wake();
  }

  async #ask(turn: Turn, client: () => Client, request: () => AskRequest, signal: AbortSignal): Promise<Answer | null> {
    for (let attempt = 0; ; attempt++) {
      this.#become(turn, { state: "asking" });
      try {
        const answer = await client().ask(request(), signal);
        this.#become(turn, { state: "done", answer });
        return answer;
      } catch (error) {
        if (!signal.aborted) {
          const failure = error instanceof Failure ? error : new Failure("failed", String(error));
          const pause = attempt < RETRIES ? pauseAfter(failure, attempt) : undefined;
          if (pause === undefined) {
            this.#become(turn, { state: "failed", failure });
            return null;
          }
          await this.#wait(turn, failure, pause, signal);
        }
        if (signal.aborted) {
          this.#become(turn, { state: "stopped" });
          return null;
        }
      }
    }
  }

  /** Until the pause is over, the browser is back online, `tryNow`, or `signal` is aborted. */
  async #wait(turn: Turn, failure: Failure, pause: number | null, signal: AbortSignal): Promise<void> {
    const until = pause === null ? null : Date.now() + 1000 * pause;
    this.#become(turn, { state: "waiting", failure, until });
    const over = new AbortController();
    const tick = setInterval(() => {
      if (until !== null && Date.now() >= until) over.abort();
      else this.changed(turn, false);
    }, 250);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      over.signal.addEventListener("abort", () => resolve());
      signal.addEventListener("abort", () => resolve(), { signal: over.signal });
      if (failure.kind === "offline") addEventListener("online", () => resolve(), { signal: over.signal });
    });
    clearInterval(tick);
    over.abort();
  }

  #become(turn: Turn, outcome: Outcome): void {
    turn.outcome = outcome;
    this.changed(turn, true);
  }
}

/** Seconds to wait before asking again, null until online, undefined when asking again would not help. */
function pauseAfter(failure: Failure, attempt: number): number | null | undefined {
  switch (failure.kind) {
    case "offline":
      return navigator.onLine ? FIRST_PAUSE_S * 2 ** attempt : null;
    case "limited":
    case "busy":
      return failure.about.retryAfter ?? FIRST_PAUSE_S * 2 ** attempt;
    default:
      return undefined;
  }
}
