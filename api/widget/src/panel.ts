/** The panel as a template: heading, questions with what became of them, and the field to ask the next. */

import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Verdict } from "./actions";
import { copied, type View } from "./answer";
import type { Conversation, Turn } from "./conversation";
import { clearIcon, closeIcon, sendIcon, stopIcon } from "./icons";
import { outcome } from "./outcome";
import type { Answer } from "./types";

const QUESTION_LIMIT = 1000;

/** What a screen reader says once; the same sentence in a new object is said again. */
export interface Announcement {
  sentence: string;
}

export interface Panel {
  view: View;
  conversation: Conversation;
  heading: string;
  welcome: string;
  placeholder: string;
  examples: string[];
  announcement: Announcement;
  ask(question: string): void;
  suggest(question: string): void;
  retry(turn: Turn): void;
  tryNow(): void;
  announce(sentence: string): void;
  clear(): void;
  /** null where the panel cannot be closed. */
  close: (() => void) | null;
  /** null where feedback is off. */
  send: ((answer: Answer, verdict: Verdict) => Promise<void>) | null;
}

export function panel(of: Panel): TemplateResult {
  const { words } = of.view.language;
  const { turns, isBusy } = of.conversation;
  return html`
    <header class="header" part="header">
      <h2 id="heading">${of.heading}</h2>
      ${turns.length ? iconButton(words.clear, clearIcon, of.clear) : nothing}
      ${of.close ? iconButton(words.close, closeIcon, of.close) : nothing}
    </header>
    <div class="log" part="log" role="log" aria-live="off" aria-label=${words.log} aria-busy=${isBusy} tabindex="0">
      ${turns.length ? turns.map((turn) => shown(turn, of)) : welcome(of)}
    </div>
    ${composer(of, isBusy)}
    <p class="unseen" role="status">${keyed(of.announcement, html`<span>${of.announcement.sentence}</span>`)}</p>
  `;
}

function welcome({ view, welcome, examples, suggest }: Panel): TemplateResult {
  const suggestion = (question: string) =>
    html`<li><button type="button" class="suggestion" part="suggestion" dir="auto"
      @click=${() => suggest(question)}>${question}</button></li>`;
  return html`<div class="welcome">
    <p>${welcome}</p>
    ${examples.length ? html`<h3>${view.language.words.examples}</h3><ul>${examples.map(suggestion)}</ul>` : nothing}
  </div>`;
}

function shown(turn: Turn, of: Panel): TemplateResult {
  const remedies = { retry: () => of.retry(turn), tryNow: of.tryNow };
  return html`<div class="turn">
    <h3 class="question" part="question"><span dir="auto">${turn.question}</span></h3>
    ${outcome(turn.outcome, of.view, remedies)}
    ${turn.outcome.state === "done" ? actions(turn.outcome.answer, of) : nothing}
  </div>`;
}

function actions(answer: Answer, { view, send, announce }: Panel): TemplateResult {
  const citation = answer.status === "answered" ? answer.answer.citations[0] : undefined;
  return html`<quoteline-actions
    .words=${view.language.words}
    .text=${citation ? copied(citation, view) : null}
    .send=${send && ((verdict: Verdict) => send(answer, verdict))}
    .announce=${announce}
  ></quoteline-actions>`;
}

function composer({ view, placeholder, conversation, ask }: Panel, isBusy: boolean): TemplateResult {
  const { words } = view.language;
  const label = isBusy ? words.stop : words.ask;
  return html`<form class="composer" part="composer" @submit=${(event: SubmitEvent) => submit(event, ask)}>
    <label class="unseen" for="field">${words.field}</label>
    <div class="row">
      <textarea id="field" part="field" rows="1" maxlength=${QUESTION_LIMIT} required dir="auto" autocomplete="off"
        enterkeyhint="send" placeholder=${placeholder} @keydown=${submitOnEnter}></textarea>
      <button class="send" part="send" type=${isBusy ? "button" : "submit"} aria-label=${label} title=${label}
        @click=${isBusy ? (event: Event) => stop(event, conversation) : nothing}>${isBusy ? stopIcon : sendIcon}</button>
    </div>
  </form>`;
}

/** The button asks again as soon as it has stopped: this very click must not. */
function stop(event: Event, conversation: Conversation): void {
  event.preventDefault();
  conversation.stop();
}

function submit(event: SubmitEvent, ask: (question: string) => void): void {
  event.preventDefault();
  const field = (event.target as HTMLFormElement).querySelector("textarea");
  if (!field?.value.trim()) return;
  ask(field.value);
  field.value = "";
}

function submitOnEnter(event: KeyboardEvent): void {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  (event.target as HTMLTextAreaElement).form?.requestSubmit();
}

function iconButton(label: string, icon: TemplateResult, act: () => void): TemplateResult {
  return html`<button type="button" class="quiet only-icon" aria-label=${label} title=${label}
    @click=${act}>${icon}</button>`;
}
