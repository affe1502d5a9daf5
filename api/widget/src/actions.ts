/** `<quoteline-actions>`, inside an answer: copy it, and say whether it helped. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { copyIcon, doneIcon, downIcon, upIcon } from "./icons";
import { actions, controls } from "./styles";
import type { Rating } from "./types";
import type { Words } from "./words";

const REASONS = ["wrong_answer", "wrong_source", "out_of_date", "other"] as const;
const REASONS_WITHOUT_ANSWER = ["missed_answer", "other"] as const;

/** What a reader said of an answer. */
export interface Verdict {
  rating: Rating;
  reason?: string;
  comment?: string;
}

type Phase = "silent" | "explaining" | "sending" | "thanks" | "notSent";

export class QuotelineActions extends LitElement {
  static override properties = {
    words: { attribute: false },
    text: { attribute: false },
    send: { attribute: false },
    announce: { attribute: false },
    phase: { state: true },
    rating: { state: true },
    copying: { state: true },
  };
  declare words: Words;
  /** What is copied; null when there is no answer to copy. */
  declare text: string | null;
  /** Sends a verdict; null when feedback is off. */
  declare send: ((verdict: Verdict) => Promise<void>) | null;
  /** Says a sentence to a screen reader. */
  declare announce: (sentence: string) => void;
  declare phase: Phase;
  declare rating: Rating | null;
  declare copying: "copied" | "notCopied" | null;

  static override styles = [controls, actions];

  constructor() {
    super();
    this.text = null;
    this.send = null;
    this.phase = "silent";
    this.rating = null;
    this.copying = null;
  }

  override render(): TemplateResult {
    const { words } = this;
    return html`
      <div class="row">
        ${
          this.text === null
            ? nothing
            : html`<button type="button" class="quiet copy" @click=${this.#copy}>
                ${this.copying === "copied" ? doneIcon : copyIcon}${words[this.copying ?? "copy"]}
              </button>`
        }
        ${this.send ? html`${this.#thumb("up", words.helpful)}${this.#thumb("down", words.notHelpful)}` : nothing}
      </div>
      ${this.rating === "down" && this.phase !== "thanks" ? this.#form() : nothing}
      ${this.phase === "thanks" || this.phase === "notSent" ? html`<p class="said">${words[this.phase]}</p>` : nothing}
    `;
  }

  #thumb(rating: Rating, label: string): TemplateResult {
    return html`<button
      type="button"
      class="quiet only-icon"
      aria-label=${label}
      title=${label}
      aria-pressed=${this.rating === rating}
      @click=${() => this.#rate(rating)}
    >
      ${rating === "up" ? upIcon : downIcon}
    </button>`;
  }

  #form(): TemplateResult {
    const { words } = this;
    const reasons = this.text === null ? REASONS_WITHOUT_ANSWER : REASONS;
    return html`<form @submit=${this.#explain}>
      <fieldset ?disabled=${this.phase === "sending"}>
        <legend>${words.whatWasWrong}</legend>
        ${reasons.map((name) => html`<label><input type="radio" name="reason" value=${name} required />${words[name]}</label>`)}
        <label class="comment"
          >${words.comment}<textarea name="comment" rows="2" maxlength="1000" dir="auto"></textarea>
        </label>
        <button type="submit" class="remedy">${words.send}</button>
      </fieldset>
    </form>`;
  }

  #rate(rating: Rating): void {
    if (this.phase === "sending") return;
    this.rating = rating;
    if (rating === "up") return void this.#deliver({ rating });
    this.phase = "explaining";
    void this.updateComplete.then(() => this.renderRoot.querySelector("form")?.scrollIntoView({ block: "nearest" }));
  }

  #explain(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const comment = String(fields.get("comment")).trim();
    void this.#deliver({ rating: "down", reason: String(fields.get("reason")), ...(comment ? { comment } : {}) });
  }

  async #deliver(verdict: Verdict): Promise<void> {
    const root = this.getRootNode() as Document | ShadowRoot;
    this.phase = "sending";
    try {
      await this.send?.(verdict);
      this.#end("thanks");
      if (verdict.rating === "down") this.renderRoot.querySelector<HTMLElement>("[aria-pressed=true]")?.focus();
    } catch {
      this.#end("notSent");
      if (verdict.rating === "up") this.rating = null;
      await this.updateComplete;
      if (!root.activeElement || root.activeElement === this)
        this.renderRoot.querySelector<HTMLElement>(".remedy")?.focus();
    }
  }

  #end(phase: "thanks" | "notSent"): void {
    this.phase = phase;
    this.announce(this.words[phase]);
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text ?? "");
      this.copying = "copied";
    } catch {
      this.copying = "notCopied";
    }
    this.announce(this.words[this.copying]);
  }
}
