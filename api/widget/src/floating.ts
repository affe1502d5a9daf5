/** The panel as a dialog: beside the page, over all of a small screen; the focus goes in and comes back. */

import type { LitElement, ReactiveController } from "lit";

const SMALL = "(max-width: 479.98px)";

interface Host extends LitElement {
  opened: boolean;
  close(): void;
}

export class Floating implements ReactiveController {
  readonly #small = matchMedia(SMALL);
  #before: HTMLElement | null = null;

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#small.addEventListener("change", this.#present);
  }

  hostDisconnected(): void {
    this.#small.removeEventListener("change", this.#present);
  }

  hostUpdated(): void {
    this.#present();
  }

  /** Puts the cursor into the panel that is being opened. */
  enter(): void {
    this.#before = focused();
    void this.host.updateComplete.then(() => this.#find("textarea")?.focus());
  }

  /** Gives the focus of a panel that is being closed back to where it was. */
  leave(): void {
    if (!this.host.shadowRoot?.activeElement) return;
    void this.host.updateComplete.then(() => {
      (this.#before?.isConnected ? this.#before : this.#find(".launcher"))?.focus();
    });
  }

  /** On Escape in a dialog that is not modal. */
  readonly escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !event.isComposing) this.cancel(event);
  };

  /** On a dialog's own wish to close. */
  readonly cancel = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
    this.host.close();
  };

  readonly #present = (): void => {
    const dialog = this.host.renderRoot.querySelector("dialog");
    if (!dialog) return;
    const isModal = this.host.opened && this.#small.matches;
    if (dialog.open && dialog.matches(":modal") !== isModal) dialog.close();
    if (isModal && !dialog.open) dialog.showModal();
    else dialog.open = this.host.opened;
  };

  #find(selector: string): HTMLElement | null {
    return this.host.renderRoot.querySelector(selector);
  }
}

/** The element that has the focus, in whichever shadow root. */
function focused(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active instanceof HTMLElement && active !== document.body ? active : null;
}
