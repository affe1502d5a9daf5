/** What became of a question: one template a state, and the sentence that is spoken for it. */

import { html, nothing, type TemplateResult } from "lit";
import { answered, certainty, declined, type View } from "./answer";
import type { Outcome } from "./conversation";
import type { Failure } from "./failure";
import type { Answer } from "./types";
import type { Language, Words } from "./words";

export interface Remedies {
  retry(): void;
  tryNow(): void;
}

export function outcome(outcome: Outcome, view: View, remedies: Remedies): TemplateResult {
  const { words } = view.language;
  switch (outcome.state) {
    case "asking":
      return html`<p class="asking">
        <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${words.asking}
      </p>`;
    case "done":
      return html`${correction(outcome.answer, words)}
      ${outcome.answer.status === "answered" ? answered(outcome.answer, view) : declined(outcome.answer, view)}`;
    case "stopped":
      return html`<p class="why">${words.stopped}</p>
        ${button(words.askAgain, remedies.retry)}`;
    case "waiting":
      return waiting(outcome.failure, outcome.until, view.language, remedies);
    case "failed":
      return failed(outcome.failure, words, remedies);
  }
}

/** What a screen reader says, once; null while there is nothing to tell. */
export function spoken(outcome: Outcome, language: Language): string | null {
  const { words } = language;
  switch (outcome.state) {
    case "asking":
      return null;
    case "done": {
      const read = outcome.answer.corrected_question;
      const meant = read ? `${words.readAs} ${read}${/\p{STerm}$/u.test(read) ? "" : "."} ` : "";
      if (outcome.answer.status === "no_answer") {
        return `${meant}${words.noAnswer}. ${words[outcome.answer.no_answer.reason] ?? ""}`;
      }
      const { text, confidence, citations } = outcome.answer.answer;
      const title = citations[0]?.article.title;
      return `${meant}${text}. ${certainty(confidence, language)}.${title ? ` ${words.from} ${title}.` : ""}`;
    }
    case "stopped":
      return words.stopped;
    case "waiting":
      return `${sentence(outcome.failure, words)} ${again(outcome.until, language)}`;
    case "failed":
      return sentence(outcome.failure, words);
  }
}

/** What was answered, where it is not quite what was typed. */
function correction({ corrected_question: read }: Answer, words: Words): TemplateResult | typeof nothing {
  return read ? html`<p class="meta">${words.readAs} <q dir="auto">${read}</q></p>` : nothing;
}

function waiting(failure: Failure, until: number | null, language: Language, remedies: Remedies): TemplateResult {
  return html`<p class="verdict">${sentence(failure, language.words)}</p>
    <p class="why">${again(until, language)}</p>
    ${failure.kind === "limited" ? nothing : button(language.words.tryNow, remedies.tryNow)}`;
}

function again(until: number | null, { words, seconds }: Language): string {
  if (until === null) return words.againOnline;
  return `${words.againIn} ${seconds(Math.max(0, Math.ceil((until - Date.now()) / 1000)))}.`;
}

function failed(failure: Failure, words: Words, remedies: Remedies): TemplateResult {
  const { requestId } = failure.about;
  return html`<p class="verdict bad">${sentence(failure, words)}</p>
    ${failure.detail ? html`<p class="why" dir="auto">${failure.detail}</p>` : nothing}
    ${requestId ? html`<p class="meta">${words.request} <code>${requestId}</code></p>` : nothing}
    ${button(words.askAgain, remedies.retry)}`;
}

function sentence(failure: Failure, words: Words): string {
  return failure.kind === "offline" && navigator.onLine ? words.unreachable : words[failure.kind];
}

function button(label: string, act: () => void): TemplateResult {
  return html`<button type="button" class="remedy" @click=${act}>${label}</button>`;
}
