// @ts-check
/** A dialog over the room: it has a title, takes the focus and gives it back, and goes by Escape or a click beside it. */

import { element } from "../dom.js";

/** @import { Child } from "../dom.js" */

export class Dialog {
  static #opened = 0; // so that each has a title of its own to be called by
  #isPressedBeside = false;
  #content = element("div", { class: "dialog-content" });
  #title = element("h2", { id: `dialog-title-${(Dialog.#opened += 1)}` });

  /**
   * @param {{title: string, kind?: string, isAlert?: boolean, isSticky?: boolean}} about `kind`: for the stylesheet; `isAlert`: it
   *   asks before what cannot be undone; `isSticky`: a press beside it does not end it, since what it holds is not shown again
   * @param {...Child} content
   */
  constructor({ title, kind, isAlert, isSticky = false }, ...content) {
    this.#title.append(title);
    this.#content.append(...content.filter((child) => child || child === "").map((child) => /** @type {Node | string} */ (child)));
    const away = element("button", { type: "button", class: "quiet away-button", "aria-label": "Close", click: () => this.close() }, "✕");
    /** @type {HTMLDialogElement} */
    this.node = element(
      "dialog",
      {
        class: "dialog",
        "data-kind": kind,
        role: isAlert ? "alertdialog" : null,
        "aria-labelledby": this.#title.id,
        keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && event.stopPropagation(),
        pointerdown: (/** @type {PointerEvent} */ event) => (this.#isPressedBeside = event.target === this.node),
        click: (/** @type {MouseEvent} */ event) => !isSticky && this.#isPressedBeside && event.target === this.node && this.close(),
      },
      element("div", { class: "dialog-head" }, this.#title, away),
      this.#content,
    );
  }

  /**
   * Show it.
   *
   * @returns {Promise<string>} what it was closed with, "" when the person left it; by then the focus is where it was
   */
  open() {
    document.body.append(this.node);
    this.node.showModal();
    return new Promise((resolve) => {
      this.node.addEventListener("close", () => {
        this.node.remove();
        resolve(this.node.returnValue);
      });
    });
  }

  /** @param {string} [answer] */
  close(answer = "") {
    if (this.node.open) this.node.close(answer);
  }
}
