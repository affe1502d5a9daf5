/**
 * Defines `<quoteline-chat>`. A script tag that carries `data-api` also places one, its data attributes becoming the
 * element's: `<script defer src="https://host/widget/quoteline.js" data-api="https://host" data-key="pk_…">`.
 */

import { QuotelineActions } from "./actions";
import { QuotelineChat } from "./quoteline-chat";

const NAME = "quoteline-chat";

function place(script: HTMLScriptElement): void {
  const chat = document.createElement(NAME);
  for (const { name, value } of script.attributes) {
    if (name.startsWith("data-")) chat.setAttribute(name.slice("data-".length), value);
  }
  const isInText = chat.hasAttribute("mode") && chat.getAttribute("mode") !== "launcher" && !script.closest("head");
  if (isInText) script.after(chat);
  else document.body.append(chat);
}

const script = document.currentScript;
if (!customElements.get(NAME)) {
  if (script instanceof HTMLScriptElement && script.src) QuotelineChat.origin = new URL(script.src).origin;
  customElements.define("quoteline-actions", QuotelineActions);
  customElements.define(NAME, QuotelineChat);
}
if (script instanceof HTMLScriptElement && script.dataset["api"] !== undefined) {
  if (document.body) place(script);
  else addEventListener("DOMContentLoaded", () => place(script));
}
