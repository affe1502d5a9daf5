/** The style sheets, as the build has minified them. */

import { unsafeCSS } from "lit";
import actionsText from "./actions.css";
import chatText from "./chat.css";
import controlsText from "./controls.css";

export const actions = unsafeCSS(actionsText);
export const chat = unsafeCSS(chatText);
export const controls = unsafeCSS(controlsText);
