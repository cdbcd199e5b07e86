// @ts-check
/** What the message is for: a small button left of the text, that says what is chosen. */

import { element, fill } from "../dom.js";
import { PURPOSES } from "../message-types.js";
import { Menu } from "./menu.js";

export class TypePicker {
  #type = "message";
  #menu = new Menu("Message");
  #about = element("span", { class: "unseen" }, "Kind of message: ");

  /** @param {{onChoose: () => void}} actions */
  constructor({ onChoose }) {
    this.onChoose = onChoose;
    this.node = this.#menu.node;
    this.node.classList.add("type-picker");
    this.#menu.offer(PURPOSES.map(({ type, label, about }) => ({ label, about, onChoose: () => this.#choose(type) })));
    this.type = "message";
  }

  get type() {
    return this.#type;
  }

  set type(type) {
    const purpose = PURPOSES.find((one) => one.type === type) ?? PURPOSES[0];
    if (!purpose) return;
    this.#type = purpose.type;
    this.node.dataset.type = purpose.type;
    fill(this.#menu.button, this.#about, purpose.label, element("span", { "aria-hidden": "true" }, " ▾"));
  }

  /** @param {string} type */
  #choose(type) {
    this.type = type;
    this.onChoose();
  }
}
