/** The conversation, kept in this browser's storage when the page asks for it, and never before the first question. */

import type { Turn } from "./conversation";

export type Keeping = "none" | "tab" | "local";

const KEPT = 20;

export class History {
  readonly #name: string;

  constructor(
    private readonly keeping: Keeping,
    name: string,
  ) {
    this.#name = `quoteline:${name}`;
  }

  /** The finished turns that were kept; none when there are none, or they cannot be read. */
  load(): Turn[] {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(this.#name) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isTurn) : [];
    } catch {
      return [];
    }
  }

  /** A full or forbidden storage keeps nothing. */
  save(turns: Turn[]): void {
    const finished = turns.filter((turn) => turn.outcome.state === "done").slice(-KEPT);
    try {
      if (finished.length) this.#storage?.setItem(this.#name, JSON.stringify(finished));
      else this.#storage?.removeItem(this.#name);
    } catch {
      return;
    }
  }

  get #storage(): Storage | null {
    return this.keeping === "none" ? null : this.keeping === "tab" ? sessionStorage : localStorage;
  }
}

/** Whether a stored value has the shape that the templates read. */
function isTurn(value: unknown): value is Turn {
  const turn = value as Turn;
  if (typeof turn?.question !== "string" || turn.outcome?.state !== "done") return false;
  const { answer } = turn.outcome;
  return answer?.status === "answered"
    ? [answer.answer, ...answer.alternatives].every((quote) => quote.citations.every(isCitation))
    : answer?.status === "no_answer" && answer.no_answer.see_also.every(isCitation);
}

function isCitation(value: unknown): boolean {
  const { article, exact, links } = value as { article: unknown; exact: unknown; links: unknown };
  return (
    typeof exact === "string" &&
    typeof article === "object" &&
    article !== null &&
    typeof links === "object" &&
    links !== null
  );
}
