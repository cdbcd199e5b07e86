// @ts-check
/** Says above the timeline that only a part of the room is shown, and ends that. */

import { element, write } from "../dom.js";
import { wordsOf } from "../filter.js";

/** @import { Filter } from "../filter.js" */
/** @import { Room } from "../shapes.js" */

export class FilterBar {
  #status = element("p", { role: "status", dir: "auto" }); // there from the beginning: what comes into it is announced
  #end;

  /** @param {{onEnd: () => void}} actions */
  constructor({ onEnd }) {
    this.#end = element("button", { type: "button", class: "quiet", hidden: true, click: onEnd }, "Show everything");
    this.node = element("div", { class: "filter-bar" }, this.#status, this.#end);
  }

  /**
   * @param {Filter} filter
   * @param {Room} room
   */
  show(filter, room) {
    const isOn = filter.kind !== "all";
    const words = isOn ? wordsOf(filter, room) : "";
    this.node.toggleAttribute("data-on", isOn);
    this.#end.hidden = !isOn;
    write(this.#status, words);
  }
}
