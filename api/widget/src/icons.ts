/** Drawings beside words or in labelled buttons; always hidden from assistive technology. */

import { svg, type TemplateResult } from "lit";

const drawn = (shape: TemplateResult) =>
  svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"
    stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`;

export const quoteIcon = drawn(svg`<path d="M4 5h16v11H11l-5 4v-4H4z" /><path d="M8 9h8M8 12.4h5" />`);
export const closeIcon = drawn(svg`<path d="m6 6 12 12M18 6 6 18" />`);
export const clearIcon = drawn(svg`<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5" />`);
export const sendIcon = drawn(svg`<path d="M12 19V5M6 11l6-6 6 6" />`);
export const stopIcon = drawn(svg`<rect x="6.5" y="6.5" width="11" height="11" rx="1.5" fill="currentColor" />`);
export const copyIcon = drawn(
  svg`<rect x="9" y="9" width="11" height="11" rx="2" /><path d="M5 15V5a1 1 0 0 1 1-1h9" />`,
);
export const doneIcon = drawn(svg`<path d="m5 13 4 4L19 7" />`);
export const upIcon = drawn(
  svg`<path d="M7 11v9H4v-9zM7 11l4-8c1.6 0 2.6 1 2.4 2.6L13 9h5.4a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7" />`,
);
export const downIcon = drawn(
  svg`<path d="M17 13V4h3v9zM17 13l-4 8c-1.6 0-2.6-1-2.4-2.6L11 15H5.6a2 2 0 0 1-2-2.4l1.3-7a2 2 0 0 1 2-1.6H17" />`,
);
export const outIcon = drawn(svg`<path d="M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9" />`);

/** Four bars, about as many of them full as the share says, at least one. */
export function bars(share: number): TemplateResult {
  const full = Math.max(1, Math.round(share * 4));
  return svg`<svg class="bars" viewBox="0 0 20 14" aria-hidden="true">${[0, 1, 2, 3].map(
    (n) => svg`<rect class=${n < full ? "full" : ""} x=${n * 5.2 + 0.4} y=${9 - n * 2.8} width="3.6"
      height=${4.6 + n * 2.8} rx="0.9" />`,
  )}</svg>`;
}
