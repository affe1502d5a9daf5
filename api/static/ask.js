// The question page: asks /v1/ask and shows what it says. Article text only ever becomes text nodes.

const form = document.getElementById("form");
const field = document.getElementById("question");
const result = document.getElementById("result");
const announcer = document.getElementById("announcer");
const examples = document.getElementById("examples");

const REASONS = {
  low_confidence: "The articles do not say so clearly enough.",
  no_relevant_passage: "No passage is about this.",
  filters_match_nothing: "No article passes the filters.",
  empty_index: "There are no articles yet.",
};
const days = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone: "UTC" });
let running = new AbortController();

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter(Boolean));
  return node;
}

function certainty(confidence) {
  const words = confidence >= 0.8 ? "Confident" : confidence >= 0.5 ? "Fairly confident" : "Not very sure";
  return `${words}, ${Math.round(confidence * 100)} %`;
}

function webLink(url) {
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}

function citation({ article, prefix, exact, suffix, links }, { marked = true } = {}) {
  const quote = element("blockquote", { dir: "auto" }, prefix, marked ? element("mark", {}, exact) : exact, suffix);
  if (article.language) quote.lang = article.language;
  const source = webLink(links.source);
  const place = element(
    "p",
    { className: "meta" },
    element("a", { href: `${links.view}#quote`, dir: "auto" }, article.title || article.id),
    article.source && element("span", {}, article.source),
    article.published && element("time", { dateTime: article.published }, days.format(new Date(article.published))),
    source && element("a", { href: source, rel: "noopener noreferrer" }, "Original"),
  );
  return element("figure", { className: "citation" }, quote, element("figcaption", {}, place));
}

function answer(quote) {
  return [
    element("p", { className: "answer", dir: "auto" }, quote.text),
    element(
      "p",
      { className: "confidence" },
      element("meter", { min: 0, max: 1, value: quote.confidence, ariaHidden: "true" }),
      certainty(quote.confidence),
    ),
    ...quote.citations.map((each) => citation(each)),
  ];
}

function answered(body) {
  const others = body.alternatives.map((quote) => element("li", {}, ...answer(quote)));
  const count = others.length === 1 ? "1 other possible answer" : `${others.length} other possible answers`;
  show(
    `${body.answer.text}. ${certainty(body.answer.confidence)}. From ${body.answer.citations[0].article.title}.`,
    element("section", { className: "card", ariaLabel: "Answer" }, ...answer(body.answer)),
    others.length ? element("details", {}, element("summary", {}, count), element("ol", {}, ...others)) : null,
  );
}

function declined({ reason, see_also: nearest }) {
  const why = REASONS[reason] ?? "The articles do not say.";
  show(
    `No answer. ${why}`,
    element("section", { className: "card" }, element("h2", {}, "No answer"), element("p", {}, why)),
    nearest.length
      ? element(
          "section",
          { className: "nearest" },
          element("h2", {}, "The nearest passages"),
          ...nearest.map((each) => citation(each, { marked: false })),
        )
      : null,
  );
}

function failed(message, requestId = null) {
  const retry = element("button", { type: "button" }, "Try again");
  retry.addEventListener("click", () => ask(field.value));
  show(
    message,
    element(
      "section",
      { className: "card error" },
      element("h2", {}, "That did not work"),
      element("p", {}, message),
      requestId && element("p", { className: "meta" }, `Request ${requestId}`),
      retry,
    ),
  );
}

function show(spoken, ...nodes) {
  result.removeAttribute("aria-busy");
  result.replaceChildren(...nodes.filter(Boolean));
  announcer.textContent = spoken;
}

async function ask(question) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  examples.hidden = true;
  result.setAttribute("aria-busy", "true");
  result.replaceChildren(element("p", { className: "asking" }, "Reading the articles…"));
  announcer.textContent = "Reading the articles…";
  history.replaceState(null, "", `?${new URLSearchParams({ q: question })}`);
  try {
    const response = await fetch("/v1/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question }),
      signal,
    });
    const body = await response.json();
    if (signal.aborted) return;
    if (!response.ok) failed(body.errors[0]?.detail ?? body.detail, body.request_id);
    else if (body.status === "answered") answered(body);
    else declined(body.no_answer);
  } catch {
    if (!signal.aborted) failed("The service cannot be reached.");
  }
}

// An example is offered only where the article that answers it is in the library.
async function offerExamples() {
  const response = await fetch("/v1/articles?limit=200");
  if (!response.ok) return;
  const present = new Set((await response.json()).articles.map((article) => article.id));
  for (const button of examples.querySelectorAll("button")) {
    button.parentElement.hidden = !present.has(button.dataset.article);
    button.addEventListener("click", () => {
      field.value = button.textContent;
      field.focus();
      ask(field.value);
    });
  }
  examples.hidden = result.hasChildNodes() || !examples.querySelector("li:not([hidden])");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(field.value);
});

field.value = new URLSearchParams(location.search).get("q") ?? "";
if (field.value) ask(field.value);
offerExamples().catch(() => {});
