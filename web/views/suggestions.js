// @ts-check
/**
 * The list above the field where one writes. The focus stays in the field; the arrows walk here. The field keeps its own
 * role: a text of several lines is no combobox, and says by aria-activedescendant which option is meant.
 */

import { element, fill } from "../dom.js";
import { face } from "./message.js";

/** @import { Option } from "../completion.js" */

const ID = "suggestions";

export class Suggestions {
  /** @type {readonly Option[]} */
  #options = [];
  #at = -1;
  #said = element("p", { class: "unseen", role: "status" });
  #list = element("ul", { id: ID, role: "listbox", hidden: true });
  node = element("div", { class: "suggestions" }, this.#list, this.#said);

  /**
   * @param {HTMLElement} field that it belongs to
   * @param {{onTake: (option: Option) => void}} actions
   */
  constructor(field, { onTake }) {
    this.field = field;
    this.onTake = onTake;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", ID);
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /**
   * @param {readonly Option[]} options none: it goes away
   * @param {{label: string, isTyped: boolean}} about `isTyped`: what is typed stands for itself; nothing is meant until an arrow
   *   says so
   */
  offer(options, { label, isTyped }) {
    const isNew = !this.isOpen;
    this.#options = options;
    this.#list.hidden = options.length === 0;
    this.#list.setAttribute("aria-label", label);
    fill(this.#list, ...options.map((option, index) => this.#row(option, index)));
    this.#mean(isTyped ? -1 : 0);
    const count = options.length === 1 ? "1 suggestion" : `${options.length} suggestions`;
    if (isNew || !options.length) fill(this.#said, options.length > 0 && `${count}, with the arrow keys`);
  }

  close() {
    this.offer([], { label: "", isTyped: false });
  }

  /**
   * Whether the key was this list's.
   *
   * @param {KeyboardEvent} event
   */
  pressed({ key, shiftKey }) {
    if (!this.isOpen) return false;
    const { length } = this.#options;
    if (key === "ArrowDown") this.#mean((this.#at + 1) % length);
    else if (key === "ArrowUp") this.#mean(this.#at <= 0 ? length - 1 : this.#at - 1);
    else if (key === "Tab" && !shiftKey) this.#take(Math.max(0, this.#at));
    else if (key === "Enter" && !shiftKey && this.#at >= 0) this.#take(this.#at);
    else return false;
    return true;
  }

  /**
   * @param {Option} option
   * @param {number} index
   */
  #row({ label, about, seat }, index) {
    return element(
      "li",
      {
        id: `${ID}-${index}`,
        role: "option",
        "aria-selected": "false",
        pointerdown: (/** @type {PointerEvent} */ event) => event.preventDefault(), // the field keeps the focus
        mousedown: (/** @type {MouseEvent} */ event) => event.preventDefault(),
        click: () => this.#take(index),
      },
      seat && face(label, { alias: seat.alias, kind: seat.kind }),
      element("bdi", { class: "name" }, label),
      seat && label !== seat.alias && element("span", { class: "alias" }, seat.alias),
      element("span", { class: "about" }, about),
    );
  }

  /** @param {number} index */
  #mean(index) {
    this.#at = this.#options.length ? index : -1;
    [...this.#list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === this.#at)));
    const row = this.#list.children[this.#at];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.field.setAttribute("aria-activedescendant", row.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  #take(index) {
    const option = this.#options[index];
    this.close();
    if (option) this.onTake(option);
  }
}
