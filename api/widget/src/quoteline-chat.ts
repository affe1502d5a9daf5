/** `<quoteline-chat>`: a launcher with a panel, or the panel alone; readers ask and the articles answer. */

import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import type { Verdict } from "./actions";
import { Client } from "./client";
import { Conversation, type Turn } from "./conversation";
import { Floating } from "./floating";
import { History, type Keeping } from "./history";
import { quoteIcon } from "./icons";
import { examples, json, request } from "./options";
import { spoken } from "./outcome";
import { type Announcement, panel } from "./panel";
import { chat, controls } from "./styles";
import type { Answer } from "./types";
import { type Language, language } from "./words";

export class QuotelineChat extends LitElement {
  static override properties = {
    api: {},
    key: {},
    mode: {},
    position: {},
    opened: { type: Boolean, attribute: "open", reflect: true },
    theme: {},
    locale: { attribute: "lang" },
    heading: {},
    welcome: {},
    placeholder: {},
    suggestions: { converter: json },
    filters: { converter: json },
    topK: { type: Number, attribute: "top-k" },
    minConfidence: { type: Number, attribute: "min-confidence" },
    history: {},
    feedback: {},
    announcement: { state: true },
  };
  static override styles = [controls, chat];
  /** Where the script came from: the service, for an element without `api`. */
  static origin = "";

  declare api: string | null;
  declare key: string | null;
  declare mode: "launcher" | "inline" | "page";
  declare position: "start" | "end";
  declare opened: boolean;
  declare theme: "auto" | "light" | "dark";
  declare locale: string | null;
  declare heading: string | null;
  declare welcome: string | null;
  declare placeholder: string | null;
  declare suggestions: unknown;
  declare filters: unknown;
  declare topK: number | null;
  declare minConfidence: number | null;
  declare history: Keeping;
  declare feedback: "on" | "off";
  declare announcement: Announcement;

  readonly #conversation = new Conversation((turn, isNews) => this.#changed(turn, isNews));
  readonly #dialog = new Floating(this);
  #language: Language = language("en");
  #kept: History | null = null;

  constructor() {
    super();
    this.api = this.key = this.locale = this.heading = this.welcome = this.placeholder = null;
    this.suggestions = this.filters = this.topK = this.minConfidence = null;
    this.mode = "launcher";
    this.position = "end";
    this.opened = false;
    this.theme = "auto";
    this.history = "tab";
    this.feedback = "on";
    this.announcement = { sentence: "" };
  }

  /** Opens the panel and puts the cursor into it. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    this.#dialog.enter();
  }

  /** Closes the panel and gives the focus back to where it was. */
  close(): void {
    if (!this.opened) return;
    this.opened = false;
    this.#dialog.leave();
  }

  toggle(): void {
    if (this.opened) this.close();
    else this.open();
  }

  /** Asks as a reader would; the answer, or null when the question was cancelled, stopped or failed. */
  async ask(question: string): Promise<Answer | null> {
    const asked = question.trim();
    if (!asked || !this.#tell("question", { question: asked }, true)) return null;
    if (this.#isFloating) this.open();
    return this.#ask({ question: asked, outcome: { state: "asking" } });
  }

  /** Forgets the conversation. */
  clear(): void {
    this.#conversation.clear();
    this.#kept?.save([]);
    this.#announce("");
    this.requestUpdate();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#kept = new History(this.history, `${this.#address}#${this.id}`);
    this.#conversation.turns = this.#kept.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#conversation.stop();
  }

  protected override firstUpdated(): void {
    this.#tell("ready", {});
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated || changed.has("locale")) {
      this.#language = language(this.locale ?? this.closest<HTMLElement>("[lang]")?.lang ?? "en");
    }
  }

  protected override render(): TemplateResult {
    const { words, tag } = this.#language;
    return html`<div class="root" dir=${words.direction} lang=${tag} data-theme=${this.theme}
      data-position=${this.position}>${this.#isFloating ? this.#floating() : this.#settled()}</div>`;
  }

  #floating(): TemplateResult {
    return html`
      <button type="button" class="launcher" part="launcher" aria-haspopup="dialog" aria-expanded=${this.opened}
        ?hidden=${this.opened} @click=${this.open}>${quoteIcon}<span>${this.#heading}</span></button>
      <dialog class="panel floating" part="panel" aria-labelledby="heading" @keydown=${this.#dialog.escape}
        @cancel=${this.#dialog.cancel}>${this.#panel()}</dialog>
    `;
  }

  #settled(): TemplateResult {
    return html`<section class="panel ${this.mode}" part="panel" aria-labelledby="heading">${this.#panel()}</section>`;
  }

  #panel(): TemplateResult {
    const { words } = this.#language;
    return panel({
      view: {
        language: this.#language,
        link: (address) => this.#client().link(address),
        opened: (citation, href) => this.#tell("citationopen", { citation, href }),
      },
      conversation: this.#conversation,
      heading: this.#heading,
      welcome: this.welcome ?? words.welcome,
      placeholder: this.placeholder ?? words.placeholder,
      examples: examples(this.suggestions),
      announcement: this.announcement,
      ask: (question) => void this.ask(question),
      suggest: (question) => this.#fromLog(() => this.ask(question)),
      retry: (turn) => this.#fromLog(() => this.#ask(turn)),
      tryNow: () => this.#fromLog(() => this.#conversation.tryNow()),
      announce: (sentence) => this.#announce(sentence),
      clear: () => {
        this.clear();
        this.#find("textarea")?.focus();
      },
      close: this.#isFloating ? () => this.close() : null,
      send: this.feedback === "off" ? null : (answer, verdict) => this.#send(answer, verdict),
    });
  }

  get #isFloating(): boolean {
    return this.mode !== "inline" && this.mode !== "page";
  }

  get #heading(): string {
    return this.heading ?? this.#language.words.heading;
  }

  get #address(): string {
    return this.api ?? QuotelineChat.origin;
  }

  #find(selector: string): HTMLElement | null {
    return this.renderRoot.querySelector(selector);
  }

  #client(): Client {
    return new Client(this.#address, this.key);
  }

  async #ask(turn: Turn): Promise<Answer | null> {
    this.#announce("");
    const answer = await this.#conversation.ask(turn, this.#client.bind(this), () => request(turn.question, this));
    if (answer) {
      this.#kept?.save(this.#conversation.turns);
      this.#tell(answer.status === "answered" ? "answer" : "noanswer", answer);
    }
    return answer;
  }

  /** The button that was pressed goes away; the focus stays in the conversation. */
  #fromLog(ask: () => unknown): void {
    this.#find(".log")?.focus();
    void ask();
  }

  async #send(answer: Answer, verdict: Verdict): Promise<void> {
    const feedback = { answer_id: answer.id, ...verdict };
    await this.#client().send(feedback);
    this.#tell("feedback", feedback);
  }

  /** Shows a turn; what is new is said once, and trouble is told to the page. */
  #changed(turn: Turn, isNews: boolean): void {
    if (isNews && this.shadowRoot?.activeElement?.matches(".remedy")) this.#find(".log")?.focus();
    this.requestUpdate();
    if (!isNews) return;
    const { outcome } = turn;
    const sentence = spoken(outcome, this.#language);
    if (sentence !== null) this.#announce(sentence);
    if (outcome.state === "waiting" || outcome.state === "failed") {
      const { kind, detail, about } = outcome.failure;
      if (kind === "origin" || kind === "denied" || kind === "setup") console.error(`quoteline: ${detail}`);
      this.#tell("error", { kind, detail, ...about });
    }
    void this.updateComplete.then(() => this.#scrollTo(this.#conversation.turns.indexOf(turn)));
  }

  #announce(sentence: string): void {
    this.announcement = { sentence };
  }

  #scrollTo(index: number): void {
    const log = this.#find(".log");
    const turn = log?.children[index];
    if (log && turn) log.scrollTop += turn.getBoundingClientRect().top - log.getBoundingClientRect().top - 16;
  }

  #tell(name: string, detail: object, cancelable = false): boolean {
    const about = { detail, bubbles: true, composed: true, cancelable };
    return this.dispatchEvent(new CustomEvent(`quoteline-${name}`, about));
  }
}
