/** An answer and its citations as templates. Article text only ever becomes text nodes. */

import { html, nothing, type TemplateResult } from "lit";
import { bars, outIcon } from "./icons";
import type { Answered, Citation, Declined, Quote } from "./types";
import type { Language } from "./words";

/** What the templates need beside the answer. */
export interface View {
  language: Language;
  link(address: string | null): string | null;
  opened(citation: Citation, href: string): void;
}

const SHORT = 90;

export function answered({ answer, alternatives }: Answered, view: View): TemplateResult {
  const { words } = view.language;
  return html`
    ${quoted(answer, view)}
    ${folded(
      words.otherAnswers,
      alternatives.map((quote) => html`<li>${quoted(quote, view)}</li>`),
    )}
  `;
}

export function declined({ no_answer: { reason, see_also: nearest } }: Declined, view: View): TemplateResult {
  const { words } = view.language;
  return html`
    <p class="verdict">${words.noAnswer}</p>
    <p class="why">${words[reason] ?? words.low_confidence}</p>
    ${
      nearest.length
        ? html`<h4>${words.nearest}</h4>
            ${nearest.map((citation) => cited(citation, view, false))}`
        : nothing
    }
  `;
}

/** How sure an answer is, in words and as a number. */
export function certainty(confidence: number, { words, percent }: Language): string {
  const shown = Math.round(100 * confidence);
  const level = shown >= 80 ? words.confident : shown >= 50 ? words.fairlyConfident : words.unsure;
  return `${level} · ${percent(confidence)}`;
}

/** A citation as plain text: the words, the sentence they stand in, and where. */
export function copied({ article, prefix, exact, suffix, links }: Citation, view: View): string {
  const place = [article.title, article.source, article.published && view.language.day(article.published)];
  const sentence = `${prefix}${exact}${suffix}`.trim();
  return [`“${exact}”`, sentence, place.filter(Boolean).join(", "), view.link(links.source ?? links.view)]
    .filter(Boolean)
    .join("\n");
}

function quoted({ text, confidence, citations }: Quote, view: View): TemplateResult {
  const [first, ...more] = citations;
  const style = text.length > SHORT ? "answer long" : "answer";
  return html`
    <p class=${style} part="answer" dir="auto" lang=${first?.article.language ?? nothing}>${text}</p>
    <p class="certainty">${bars(confidence)} ${certainty(confidence, view.language)}</p>
    ${first && cited(first, view)}
    ${folded(
      view.language.words.moreSources,
      more.map((citation) => html`<li>${cited(citation, view)}</li>`),
    )}
  `;
}

function folded(title: string, items: TemplateResult[]): TemplateResult | typeof nothing {
  if (items.length === 0) return nothing;
  return html`<details>
    <summary>${title} (${items.length})</summary>
    <ul>
      ${items}
    </ul>
  </details>`;
}

function cited(citation: Citation, view: View, isMarked = true): TemplateResult {
  const { article, prefix, exact, suffix, links } = citation;
  const { words, day } = view.language;
  const words_ = isMarked ? html`<mark part="mark">${exact}</mark>` : exact;
  return html`<figure class="citation" part="citation">
    <blockquote part="quote" dir="auto" lang=${article.language ?? nothing}>${prefix}${words_}${suffix}</blockquote>
    <figcaption>
      <p class="headline"><bdi lang=${article.language ?? nothing}>${article.title || article.id}</bdi></p>
      ${
        article.source || article.published
          ? html`<p class="meta">
              ${article.source ? html`<span><bdi>${article.source}</bdi></span>` : nothing}
              ${article.published ? html`<time datetime=${article.published}>${day(article.published)}</time>` : nothing}
            </p>`
          : nothing
      }
      <p class="links">
        ${opening(words.openSource, view.link(links.source), citation, view)}
        ${opening(words.view, view.link(`${links.view}#quote`), citation, view)}
      </p>
    </figcaption>
  </figure>`;
}

function opening(label: string, href: string | null, citation: Citation, view: View): TemplateResult | typeof nothing {
  if (href === null) return nothing;
  return html`<a href=${href} target="_blank" rel="noopener" @click=${() => view.opened(citation, href)}
    >${label}${outIcon}<span class="unseen"> (${view.language.words.newTab})</span></a
  >`;
}
