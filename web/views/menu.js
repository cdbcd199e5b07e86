// @ts-check
/** A button with a menu below it: arrows, Home, End and first letters move, Escape leaves, the focus comes back. */

import { element, fill } from "../dom.js";

/**
 * @typedef {{label: string, about?: string, isFinal?: boolean, isLeaving?: boolean, onChoose: () => void}} Item `isFinal`: it
 *   cannot be undone; `isLeaving`: it leads out of the dialog that offers it
 */

export class Menu {
  /** @type {readonly Item[]} */
  #items = [];
  #look = "";
  #list;

  /** @param {string} label */
  constructor(label) {
    this.button = element(
      "button",
      {
        type: "button",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        click: () => (this.isOpen ? this.close() : this.open()),
        keydown: (/** @type {KeyboardEvent} */ event) => this.#pressedButton(event),
      },
      label,
    );
    this.#list = element("div", { role: "menu", "aria-label": label, hidden: true, keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event) });
    this.node = element("div", { class: "menu", focusout: (/** @type {FocusEvent} */ event) => this.#left(event) }, this.button, this.#list);
    document.addEventListener("pointerdown", (event) => this.isOpen && !event.composedPath().includes(this.node) && this.close());
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /**
   * What it offers from now on. Nothing is built anew unless it reads differently.
   *
   * @param {readonly Item[]} items
   */
  offer(items) {
    this.#items = items;
    this.node.hidden = items.length === 0;
    const look = JSON.stringify(items);
    if (look === this.#look) return;
    this.#look = look;
    this.close();
    fill(this.#list, ...items.map((item, index) => this.#row(item, index)));
  }

  /** @param {"first" | "last"} [at] where the focus begins */
  open(at = "first") {
    this.#list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#rows().at(at === "first" ? 0 : -1)?.focus();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#list.contains(document.activeElement);
    if (hadFocus) this.button.focus();
    this.#list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  /**
   * @param {Item} item
   * @param {number} index
   */
  #row({ label, about, isFinal }, index) {
    const choose = () => {
      this.close();
      this.#items[index]?.onChoose();
    };
    const attributes = { type: "button", role: "menuitem", tabindex: -1, class: isFinal ? "danger" : null, click: choose };
    return element("button", attributes, label, about && element("span", { class: "about" }, ` ${about}`));
  }

  #rows = () => /** @type {HTMLElement[]} */ ([...this.#list.children]);

  /** @param {KeyboardEvent} event */
  #pressedButton(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.open(event.key === "ArrowDown" ? "first" : "last");
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      return this.close();
    }
    const rows = this.#rows();
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + rows.length, Home: 0, End: rows.length - 1 }[event.key] ?? this.#lettered(event, at);
    if (next === null) return;
    event.preventDefault();
    rows[next % rows.length]?.focus();
  }

  /**
   * The next row after `at` that begins with the letter of `event`, null when none does.
   *
   * @param {KeyboardEvent} event
   * @param {number} at
   */
  #lettered({ key, ctrlKey, metaKey, altKey }, at) {
    if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return null;
    const { length } = this.#items;
    const order = this.#items.map((_, step) => (at + 1 + step) % length);
    return order.find((index) => this.#items[index]?.label.toLowerCase().startsWith(key.toLowerCase())) ?? null;
  }

  /** @param {FocusEvent} event */
  #left({ relatedTarget }) {
    if (relatedTarget instanceof Node && !this.node.contains(relatedTarget)) this.close();
  }
}
