// @ts-check
/** Says that agents are paused, and what frees them. */

import { element, fill } from "../dom.js";
import { distinctName } from "../names.js";

/** @import { Room } from "../shapes.js" */

export class Paused {
  #look = "";
  #text = element("span", { dir: "auto" });
  #continue;

  /** @param {{onContinue: () => void}} actions */
  constructor({ onContinue }) {
    this.#continue = element("button", { type: "button", class: "quiet", click: onContinue }, "Continue");
    this.node = element("div", { class: "paused", role: "status", hidden: true }, this.#text, " ", this.#continue);
  }

  /** @param {Room} room */
  show(room) {
    const names = room.paused.map((alias) => distinctName(room, alias));
    this.node.hidden = names.length === 0 || !room.isOpen;
    this.#continue.hidden = !room.isHost;
    const look = names.join(", ");
    if (look === this.#look) return;
    this.#look = look;
    fill(this.#text, names.length > 0 && `${look} ${names.length > 1 ? "are" : "is"} paused: much was said and no person spoke. A message from a person frees ${names.length > 1 ? "them" : "it"}.`);
  }
}
