// @ts-check
/** Says that agents are paused, and what frees them. */

import { element, fill } from "../dom.js";
import { distinctName } from "../names.js";

/** @import { Room } from "../shapes.js" */

export class Paused {
  #look = "";
  #text = element("span", { role: "status", dir: "auto" }); // there from the beginning: what comes into it is announced
  #continue;

  /** @param {{onContinue: () => void}} actions */
  constructor({ onContinue }) {
    this.#continue = element("button", { type: "button", class: "quiet", hidden: true, click: onContinue }, "Continue");
    this.node = element("div", { class: "paused" }, this.#text, " ", this.#continue);
  }

  /** @param {Room} room */
  show(room) {
    const names = room.isOpen ? room.paused.map((alias) => distinctName(room, alias)) : [];
    const isOn = names.length > 0;
    this.node.toggleAttribute("data-on", isOn);
    this.#continue.hidden = !isOn || !room.isHost;
    const look = names.join(", ");
    if (look === this.#look) return;
    this.#look = look;
    fill(this.#text, isOn && `${look} ${names.length > 1 ? "are" : "is"} paused: much was said and no person spoke. A message from a person frees ${names.length > 1 ? "them" : "it"}.`);
  }
}
